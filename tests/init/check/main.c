/*
 * Says what init says of manifests: check FILE... prints a line for each, why
 * it is refused or the order in which its services start.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <capos/wire.h>

#include "init/graph.h"

static struct init_graph graph;

static void print_order(void)
{
    printf("starts");
    for (uint32_t i = 0; i < graph.service_count; i++) {
        struct wire_text name = graph.services[graph.order[i]].name;
        printf("%s %.*s", i == 0 ? "" : ",", (int)name.size, name.chars);
    }
    printf("%s\n", graph.service_count == 0 ? " nothing" : "");
}

static void check(const char *path)
{
    struct stat status;
    struct wire_message message;
    struct init_error error;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &status) != 0)
        exit(2);
    void *bytes = malloc((size_t)status.st_size + 8);
    size_t size = fread(bytes, 1, (size_t)status.st_size, file);
    fclose(file);
    wire_open_flat(&message, WIRE_PRIVATE, bytes, size);
    if (init_graph_read(&message, manifest_read_root(&message), &graph, &error))
        print_order();
    else
        printf("%s\n", error.text);
    free(bytes);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        check(argv[i]);
    return 0;
}
