/*
 * Maps from 64-bit keys to what holds the nodes. A node's key decides, from
 * its lowest bit up, on which side it lies, so no path is longer than 65
 * nodes whatever the keys: a program that chooses them cannot make it slow.
 * Inserting cannot fail.
 */
#ifndef CAPOS_KERNEL_TREE_H
#define CAPOS_KERNEL_TREE_H

#include <stdint.h>

struct tree_node {
    uint64_t key;
    struct tree_node *child[2];
};

struct tree {
    struct tree_node *root; /* NULL: empty */
};

/* The node of a key, or NULL. */
static inline struct tree_node *kernel_tree_find(const struct tree *tree, uint64_t key)
{
    struct tree_node *node = tree->root;
    for (uint64_t bits = key; node && node->key != key; bits >>= 1)
        node = node->child[bits & 1];
    return node;
}

/* The key must not be in the tree. */
void kernel_tree_insert(struct tree *tree, struct tree_node *node, uint64_t key);

/* The node must be in the tree. */
void kernel_tree_remove(struct tree *tree, struct tree_node *node);

#endif
