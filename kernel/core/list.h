/*
 * Doubly linked lists whose nodes stand in what they link. A node that is in
 * no list has next == NULL.
 */
#ifndef CAPOS_KERNEL_LIST_H
#define CAPOS_KERNEL_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *next;
    struct list_node *previous;
};

struct list {
    struct list_node head;
};

/* The structure of which node is the given member. */
#define LIST_ENTRY(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *list)
{
    list->head.next = list->head.previous = &list->head;
}

static inline bool list_empty(const struct list *list)
{
    return list->head.next == &list->head;
}

static inline bool list_linked(const struct list_node *node)
{
    return node->next != NULL;
}

/* The first node, or NULL. */
static inline struct list_node *list_first(const struct list *list)
{
    return list_empty(list) ? NULL : list->head.next;
}

/* The node after it, or NULL. */
static inline struct list_node *list_next(const struct list *list, const struct list_node *node)
{
    return node->next == &list->head ? NULL : node->next;
}

static inline void list_append(struct list *list, struct list_node *node)
{
    node->previous = list->head.previous;
    node->next = &list->head;
    node->previous->next = node;
    list->head.previous = node;
}

/* Behind a node, or the list's head. */
static inline void list_insert_after(struct list_node *before, struct list_node *node)
{
    node->next = before->next;
    node->previous = before;
    node->next->previous = node;
    before->next = node;
}

static inline void list_prepend(struct list *list, struct list_node *node)
{
    list_insert_after(&list->head, node);
}

/* A node that is in no list stays so. */
static inline void list_remove(struct list_node *node)
{
    if (!list_linked(node))
        return;
    node->previous->next = node->next;
    node->next->previous = node->previous;
    node->next = node->previous = NULL;
}

/* Takes the first node out: it, or NULL. */
static inline struct list_node *list_take(struct list *list)
{
    struct list_node *node = list_first(list);
    if (node)
        list_remove(node);
    return node;
}

#endif
