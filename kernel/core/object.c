/*
 * Counted references to objects.
 */
#include "kernel/core/object.h"

#include <stddef.h>

struct object *kernel_object_acquire(struct object *object)
{
    object->references++;
    return object;
}

void kernel_object_release(struct kernel *kernel, struct object *object)
{
    if (--object->references == 0 && object->type->destroy)
        object->type->destroy(kernel, object);
}
