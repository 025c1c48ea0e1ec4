/*
 * Digital search trees: every node on the path to a key shares the bits with
 * it by which the path turned, so any node below a place may take that place.
 */
#include "kernel/core/tree.h"

#include <stddef.h>

void kernel_tree_insert(struct tree *tree, struct tree_node *node, uint64_t key)
{
    struct tree_node **link = &tree->root;
    for (uint64_t bits = key; *link; bits >>= 1)
        link = &(*link)->child[bits & 1];
    *node = (struct tree_node){.key = key};
    *link = node;
}

void kernel_tree_remove(struct tree *tree, struct tree_node *node)
{
    struct tree_node **link = &tree->root;
    for (uint64_t bits = node->key; *link != node; bits >>= 1)
        link = &(*link)->child[bits & 1];

    struct tree_node **last = link;
    while ((*last)->child[0] || (*last)->child[1])
        last = &(*last)->child[(*last)->child[0] ? 0 : 1];
    struct tree_node *leaf = *last;
    *last = NULL;
    if (leaf == node)
        return;
    leaf->child[0] = node->child[0];
    leaf->child[1] = node->child[1];
    *link = leaf;
}
