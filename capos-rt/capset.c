/*
 * The CapSet: checked whole before anything in it is believed.
 */
#include <capos/capset.h>

#include "capos-rt/rt.h"

static const struct capos_capset_entry *entries_of(const struct capos_capset_header *capset)
{
    return (const struct capos_capset_entry *)(capset + 1);
}

__attribute__((cold)) bool rt_capset_is_valid(const struct capos_capset_header *capset)
{
    if (capset->magic != CAPOS_CAPSET_MAGIC || capset->version != CAPOS_CAPSET_VERSION ||
        capset->entry_size != sizeof(struct capos_capset_entry))
        return false;
    uint64_t bytes = sizeof *capset + (uint64_t)capset->count * sizeof(struct capos_capset_entry);
    if (capset->total_bytes != bytes || bytes > CAPOS_CAPSET_BYTES_MAX)
        return false;
    for (uint32_t i = 0; i < capset->count; i++) {
        uint8_t length = entries_of(capset)[i].name_len;
        if (length == 0 || length > CAPOS_CAPSET_NAME_MAX)
            return false;
    }
    return true;
}

static bool has_name(const struct capos_capset_entry *entry, const char *name)
{
    for (uint8_t i = 0; i < entry->name_len; i++)
        if (name[i] == 0 || name[i] != entry->name[i])
            return false;
    return name[entry->name_len] == 0;
}

/* Entry `index`, or why there is none. */
static __attribute__((cold)) capos_status get_entry(const struct capos_runtime *runtime, uint32_t index,
                                                    const struct capos_capset_entry **ret_entry)
{
    if (runtime->capset_state == RT_CAPSET_BAD)
        return CAP_ERR_BAD_CAPSET;
    if (runtime->capset_state == RT_CAPSET_NONE || index >= runtime->capset->count)
        return CAP_ERR_NOT_FOUND;
    *ret_entry = &entries_of(runtime->capset)[index];
    return CAP_OK;
}

__attribute__((cold)) capos_status capos_capset_find(struct capos_runtime *runtime, const char *name,
                                                     uint64_t interface_id, capos_cap *ret_cap)
{
    const struct capos_capset_entry *entry;
    capos_status status;
    uint32_t index = 0;
    while ((status = get_entry(runtime, index++, &entry)) == CAP_OK) {
        if (!has_name(entry, name))
            continue;
        if (entry->interface_id != interface_id)
            return CAP_ERR_WRONG_INTERFACE;
        *ret_cap = entry->cap_id;
        return CAP_OK;
    }
    return status;
}

__attribute__((cold)) capos_status capos_capset_get(struct capos_runtime *runtime, uint32_t index,
                                                    struct capos_capset_item *ret_item)
{
    const struct capos_capset_entry *entry;
    capos_status status = get_entry(runtime, index, &entry);
    if (status < 0)
        return status;
    *ret_item = (struct capos_capset_item){
        .cap = entry->cap_id,
        .interface_id = entry->interface_id,
        .flags = entry->flags,
        .name = wire_text_make(entry->name, entry->name_len),
    };
    return CAP_OK;
}
