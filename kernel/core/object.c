/*
 * Counted references to objects. What dies is put on a list first, so that one
 * end that leads to others takes turns with them instead of nesting.
 */
#include "kernel/core/object.h"

#include "kernel/core/kernel.h"

void kernel_object_release(struct kernel *kernel, struct object *object)
{
    if (--object->references == 0 && object->type->destroy)
        list_append(&kernel->dying, &object->in_dying);
}

void kernel_objects_reap(struct kernel *kernel)
{
    struct list_node *node;
    while ((node = list_take(&kernel->dying))) {
        struct object *object = LIST_ENTRY(node, struct object, in_dying);
        object->type->destroy(kernel, object);
    }
}
