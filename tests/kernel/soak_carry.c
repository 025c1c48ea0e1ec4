/*
 * The model's messages: what comes along.
 */
#include <stddef.h>

#include "tests/kernel/soak_model.h"

int m_fresh(const struct model *model, const struct m_carried *carried, int count,
            const struct m_endpoint *endpoint)
{
    int fresh = 0;
    for (int i = 0; i < count; i++) {
        const struct m_endpoint *of = carried[i].what.owned;
        bool made = carried[i].minter && !m_find_facet(model, of, carried[i].interface_id >> 8);
        for (int j = 0; j < i; j++)
            made = made && !(carried[j].minter && carried[j].what.owned == of &&
                             carried[j].interface_id == carried[i].interface_id);
        fresh += made && (!endpoint || endpoint == of);
    }
    return fresh;
}

static int32_t decode_one(struct model *model, struct m_process *process, const struct cap_transfer *from,
                          bool owners, struct m_carried *carried, int index)
{
    struct m_carried *to = &carried[index];
    struct m_cap *cap = m_find(process, from->cap_id);
    *to = (struct m_carried){0};
    if (from->mode == CAP_TRANSFER_PROMISED) {
        if (from->badge != 0 || from->interface_id != 0)
            return CAP_ERR_BAD_TRANSFER;
        to->promise = m_named(model, process, from->cap_id);
        to->field = from->field;
        return to->promise ? CAP_OK : CAP_ERR_BAD_ANSWER;
    }
    if (from->mode == CAP_TRANSFER_MINT) {
        if (from->cap_id == 0 || (cap && !cap->what.owned))
            return CAP_ERR_NOT_PERMITTED;
        if (!cap)
            return CAP_ERR_STALE_CAP;
        const struct m_endpoint *endpoint = to->what.owned = cap->what.owned;
        to->minted = true;
        to->minter = process->record;
        to->interface_id = from->badge << 8 | 7;
        int fresh = m_fresh(model, carried, index + 1, NULL);
        bool room =
            m_badges(model, endpoint) + m_fresh(model, carried, index + 1, endpoint) <= KERNEL_FACETS_MAX &&
            (uint64_t)fresh <= process->record->left[M_BADGES];
        return room || fresh == m_fresh(model, carried, index, NULL) ? CAP_OK : CAP_ERR_NO_MEMORY;
    }
    if (from->mode != CAP_TRANSFER_COPY && from->mode != CAP_TRANSFER_MOVE)
        return CAP_ERR_BAD_TRANSFER;
    if (from->badge != 0)
        return CAP_ERR_BAD_TRANSFER;
    if (from->cap_id == 0)
        return CAP_OK;
    if (!cap)
        return CAP_ERR_STALE_CAP;
    if ((cap->what.owned && !owners) || cap->what.handle)
        return CAP_ERR_NOT_TRANSFERABLE;
    to->what = cap->what;
    to->interface_id = cap->interface_id;
    to->moved = from->mode == CAP_TRANSFER_MOVE ? cap : NULL;
    return CAP_OK;
}

int32_t m_decode_caps(struct model *model, struct m_process *process, const struct m_submission *submission,
                      bool owners, struct m_carried *carried)
{
    const struct cap_transfer *caps = submission->caps;
    uint16_t count = submission->sqe.xfer_cap_count;
    if (count == 2 && caps[0].cap_id == caps[1].cap_id && caps[0].cap_id != 0 &&
        (caps[0].mode == CAP_TRANSFER_MOVE || caps[1].mode == CAP_TRANSFER_MOVE))
        return CAP_ERR_BAD_TRANSFER;
    for (int i = 0; i < count; i++) {
        int32_t status = decode_one(model, process, &caps[i], owners, carried, i);
        if (status < 0)
            return status;
    }
    return CAP_OK;
}

void m_commit_caps(struct model *model, struct m_carried *carried, int count)
{
    for (int i = 0; i < count; i++) {
        if (carried[i].minter) {
            carried[i].what.facet =
                m_mint(model, carried[i].what.owned, carried[i].interface_id >> 8, carried[i].minter);
            carried[i].what.owned = NULL;
            carried[i].minter = NULL;
        }
        if (carried[i].moved)
            carried[i].moved->moving = true;
    }
}

/* Everything arrives; what was moved leaves. */
void m_deliver_caps(struct m_process *to, const struct m_carried *carried, int count,
                    struct m_expected *expected)
{
    expected->cap_count = (uint16_t)count;
    for (int i = 0; i < count; i++) {
        const struct m_what what = carried[i].what;
        if (m_is_null(what))
            continue;
        expected->own[i] = what.facet && what.facet->endpoint && m_owns(to, what.facet->endpoint);
        expected->badges[i] = expected->own[i] ? what.facet->badge : 0;
        if (carried[i].moved)
            carried[i].moved->used = false;
        expected->caps[i] = m_grant(to, 0, what, carried[i].interface_id);
    }
}
