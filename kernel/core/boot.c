/*
 * From a boot package that is in order to running programs: init and the
 * services together, with the endpoints that they export and import.
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

/* Makes all endpoints first, so that programs may import from each other in any order. */
static bool make_endpoints(struct kernel *kernel, struct endpoint **endpoints)
{
    for (uint32_t i = 0; i < kernel->package.export_count; i++) {
        const struct boot_export *export = &kernel->package.exports[i];
        endpoints[i] = kernel_endpoint_new(kernel, export->message_max, export->caps_max);
        if (!endpoints[i])
            return false;
        kernel_object_acquire(&endpoints[i]->object);
    }
    return true;
}

/* The number of the object that an export is, in the lower half of its badges; the upper one counts the
 * grants. */
enum { EXPORTED_OBJECT = 1, GRANT_SHIFT = 32 };

/* A client facet with the next badge of its endpoint, with a reference; or NULL. */
static struct object *mint(struct kernel *kernel, struct endpoint *endpoint)
{
    uint64_t badge = (uint64_t)endpoint->exported << GRANT_SHIFT | EXPORTED_OBJECT;
    struct facet *facet = kernel_facet_new(kernel, endpoint, badge);
    if (!facet)
        return NULL;
    endpoint->exported++;
    kernel_facet_mint(facet, true);
    return &facet->object;
}

/* What a grant stands for, with a reference that the caller drops; or NULL: no memory. */
static struct object *resolve(struct kernel *kernel, struct endpoint **endpoints,
                              const struct boot_grant *grant)
{
    if (grant->capability != 0)
        return kernel_object_acquire(&kernel->objects[grant->capability]);
    struct endpoint *endpoint = endpoints[grant->export_index];
    return grant->owner ? kernel_object_acquire(&endpoint->object) : mint(kernel, endpoint);
}

static int32_t start(struct kernel *kernel, struct endpoint **endpoints, const struct boot_program *program,
                     struct process **ret_process)
{
    struct process_grant grants[KERNEL_GRANTS_MAX];
    uint32_t count = 0;
    int32_t status = CAP_OK;
    while (status == CAP_OK && count < program->grant_count) {
        const struct boot_grant *grant = &program->grants[count];
        struct object *object = resolve(kernel, endpoints, grant);
        status = object ? CAP_OK : CAP_ERR_NO_MEMORY;
        if (!object)
            break;
        grants[count++] = (struct process_grant){
            .name = grant->name,
            .name_bytes = grant->name_bytes,
            .object = object,
            .interface_id =
                object->type->interface ? object->type->interface->id
                                        : kernel->package.exports[grant->export_index].interface_id,
        };
    }
    if (status == CAP_OK)
        status = kernel_process_spawn(kernel,
                                      &(struct process_start){.name = program->name,
                                                              .image = &program->image,
                                                              .grants = grants,
                                                              .grant_count = count,
                                                              .budget = program->budget},
                                      ret_process);
    while (count > 0)
        kernel_object_release(kernel, grants[--count].object);
    return status;
}

/* Starts init and the services; *ret_name is what could not be started. */
static bool start_all(struct kernel *kernel, struct endpoint **endpoints, struct boot_program *service,
                      const char **ret_name)
{
    struct process *process;
    *ret_name = kernel->package.init.name;
    if (!make_endpoints(kernel, endpoints) ||
        start(kernel, endpoints, &kernel->package.init, &kernel->init) < 0)
        return false;
    for (uint32_t i = 0; i < kernel->package.service_count; i++) {
        kernel_boot_service(&kernel->package, i, service);
        *ret_name = service->name;
        if (start(kernel, endpoints, service, &process) < 0)
            return false;
    }
    return true;
}

bool kernel_boot(struct kernel *kernel, const struct kernel_boot *boot, struct kernel_error *error)
{
    struct endpoint *endpoints[KERNEL_EXPORTS_MAX] = {NULL};
    struct boot_program service;
    const char *name;
    kernel_init(kernel, boot->port, boot->arena, boot->arena_bytes);
    if (!kernel_boot_open(boot->package, boot->package_bytes, &kernel->package, error))
        return false;
    bool started = start_all(kernel, endpoints, &service, &name);
    if (!started)
        kernel_shutdown(kernel);
    for (uint32_t i = 0; i < KERNEL_EXPORTS_MAX; i++)
        if (endpoints[i])
            kernel_object_release(kernel, &endpoints[i]->object);
    kernel_settle(kernel);
    if (started)
        return true;
    struct text text = KERNEL_TEXT_IN(error->text);
    kernel_text_add(&text, "not enough memory to start ");
    kernel_text_add(&text, name);
    return false;
}
