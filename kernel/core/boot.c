/*
 * From a boot package that is in order to its first program, which runs.
 */
#include "kernel/core/boot.h"

#include <string.h>

#include "kernel/core/kernel.h"
#include "kernel/core/process.h"
#include "kernel/core/text.h"

void kernel_init(struct kernel *kernel, void *port, void *arena, size_t arena_bytes)
{
    memset(kernel, 0, sizeof *kernel);
    kernel->port = port;
    kernel_arena_init(&kernel->arena, arena, arena_bytes);
    kernel_pool_init(&kernel->process_pool, &kernel->arena, sizeof(struct process));
    kernel_pool_init(&kernel->endpoint_pool, &kernel->arena, sizeof(struct endpoint));
    kernel_pool_init(&kernel->facet_pool, &kernel->arena, sizeof(struct facet));
    kernel_pool_init(&kernel->queue_pool, &kernel->arena, sizeof(struct queue));
    kernel_pool_init(&kernel->bundle_pool, &kernel->arena, sizeof(struct bundle));
    kernel_pool_init(&kernel->answer_pool, &kernel->arena, sizeof(struct answer));
    kernel_pool_init(&kernel->wait_pool, &kernel->arena, sizeof(struct wait));
    kernel_pool_init(&kernel->memory_pool, &kernel->arena, sizeof(struct memory));
    kernel_pool_init(&kernel->handle_pool, &kernel->arena, sizeof(struct process_handle));
    list_init(&kernel->processes);
    list_init(&kernel->wakes);
    list_init(&kernel->dying);
    list_init(&kernel->ready);
    list_init(&kernel->console_readers);
    list_init(&kernel->console_writers);
    for (uint32_t i = 0; i < KERNEL_OBJECTS; i++)
        kernel->objects[i] = (struct object){.type = object_types[i], .references = 1};
}

static int32_t start(struct kernel *kernel, const struct boot_program *program)
{
    struct process_grant grants[KERNEL_GRANTS_MAX];
    for (uint32_t i = 0; i < program->grant_count; i++) {
        const struct boot_grant *grant = &program->grants[i];
        struct object *object = &kernel->objects[grant->capability];
        grants[i] = (struct process_grant){.name = grant->name,
                                           .name_bytes = grant->name_bytes,
                                           .object = object,
                                           .interface_id = object->type->interface->id};
    }
    return kernel_process_spawn(kernel,
                                &(struct process_start){.name = program->name,
                                                        .image = &program->image,
                                                        .grants = grants,
                                                        .grant_count = program->grant_count,
                                                        .budget = program->budget},
                                &kernel->init);
}

bool kernel_boot(struct kernel *kernel, const struct kernel_boot *boot, struct kernel_error *error)
{
    kernel_init(kernel, boot->port, boot->arena, boot->arena_bytes);
    if (!kernel_boot_open(boot->package, boot->package_bytes, &kernel->package, error))
        return false;
    bool started = start(kernel, &kernel->package.init) == CAP_OK;
    kernel_settle(kernel);
    if (started)
        return true;
    struct text text = KERNEL_TEXT_IN(error->text);
    kernel_text_add(&text, "not enough memory to start ");
    kernel_text_add(&text, kernel->package.init.name);
    return false;
}
