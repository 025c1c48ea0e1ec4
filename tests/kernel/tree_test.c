#include "kernel/core/tree.h"

#include <stdlib.h>

#include "tests/tap.h"

enum { NODES = 300 };

static uint64_t key_of(int set, uint64_t i)
{
    static const uint64_t shifts[] = {0, 4, 55};
    return set == 3 ? i * UINT64_C(0x9e3779b97f4a7c15) : i << shifts[set];
}

/* Keys that count, that share their low bits, that share all but their high bits, and scattered ones. */
TAP_TEST(a_tree_finds_what_is_in_it_and_nothing_else)
{
    static struct tree_node nodes[NODES];
    for (int set = 0; set < 4; set++) {
        struct tree tree = {0};
        for (uint64_t i = 0; i < NODES; i++)
            kernel_tree_insert(&tree, &nodes[i], key_of(set, i));
        srand(1);
        static char gone[NODES];
        for (int i = 0; i < NODES; i++)
            gone[i] = 0;
        for (int round = 0; round < 3 * NODES; round++) {
            uint64_t i = (uint64_t)rand() % NODES;
            if (gone[i])
                kernel_tree_insert(&tree, &nodes[i], key_of(set, i));
            else
                kernel_tree_remove(&tree, &nodes[i]);
            gone[i] = !gone[i];
            for (uint64_t j = 0; j < NODES; j++)
                TAP_CHECK(kernel_tree_find(&tree, key_of(set, j)) == (gone[j] ? NULL : &nodes[j]));
        }
        TAP_CHECK(!kernel_tree_find(&tree, UINT64_MAX));
        for (uint64_t i = 0; i < NODES; i++)
            if (!gone[i])
                kernel_tree_remove(&tree, &nodes[i]);
        TAP_CHECK(!tree.root);
    }
}

/* The worst keys: each shares one bit more with the last of them. */
TAP_TEST(no_path_is_longer_than_65_nodes)
{
    struct tree_node nodes[65] = {0};
    struct tree tree = {0};
    for (uint64_t i = 0; i < 64; i++)
        kernel_tree_insert(&tree, &nodes[i], UINT64_C(1) << i);
    kernel_tree_insert(&tree, &nodes[64], 0);
    int length = 1;
    for (struct tree_node *node = tree.root; node != &nodes[64]; node = node->child[0])
        length++;
    TAP_EQ(length, 65);
    TAP_CHECK(kernel_tree_find(&tree, 0) == &nodes[64]);
}
