/*
 * What a capability refers to. One type, one file under kernel/objects/; the
 * core reaches a type through this table of operations only.
 */
#ifndef CAPOS_KERNEL_OBJECT_H
#define CAPOS_KERNEL_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "capos/schema.h"
#include "capos/wire.h"
#include "kernel/core/list.h"

struct kernel;
struct call;
struct object;

enum call_progress {
    CALL_DONE,  /* the results are built */
    CALL_WAITS, /* the object keeps the call, linked by call->in_object or call->deadline only */
};

/*
 * A method in two steps. decode checks everything and changes nothing but
 * call->argument; on bad params it calls kernel_call_raise() and returns
 * false; NULL: there is nothing to check. perform acts, and cannot fail for a reason that the caller could
 * have caused. results is the root struct of the answer; perform uses it only when it returns CALL_DONE.
 */
struct object_method {
    bool takes_caps; /* what the call carries is then in kernel->arrived; perform takes it, or discards it */
    bool (*decode)(struct kernel *kernel, struct call *call, struct wire_struct params);
    enum call_progress (*perform)(struct kernel *kernel, struct call *call,
                                  struct wire_struct_builder results);
};

struct object_type {
    const struct capos_interface *interface;
    const struct object_method *methods; /* one for each of the interface's */
    bool transferable;

    /* The last reference is gone; NULL: the object lives as long as the kernel. */
    void (*destroy)(struct kernel *kernel, struct object *object);
};

struct object {
    const struct object_type *type;
    uint64_t references;
    struct list_node in_dying; /* kernel->dying, when the last reference is gone */
};

/*
 * The types of the kernel's own objects, by their number in the system
 * schema's KernelCapability; number 0 is the null capability. The table is in kernel/objects/.
 */
enum { KERNEL_OBJECTS = 8 };
extern const struct object_type *const object_types[KERNEL_OBJECTS];

/* The type of an endpoint's owner facets. */
extern const struct object_type object_endpoint;

/* That of a process's handle. */
extern const struct object_type object_process_handle;

/* Those of the two facets of shared memory. */
extern const struct object_type object_memory, object_memory_reader;

static inline struct object *kernel_object_acquire(struct object *object)
{
    object->references++;
    return object;
}

/*
 * The last reference puts the object on the list of the dying:
 * kernel_objects_reap() destroys it once no operation is half done.
 */
void kernel_object_release(struct kernel *kernel, struct object *object);

/* Destroys what is dying, and what dies of that. */
void kernel_objects_reap(struct kernel *kernel);

#endif
