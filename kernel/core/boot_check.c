/*
 * A check of a boot package: where it is, and how it refuses.
 */
#include "kernel/core/boot_check.h"

#include "kernel/core/kernel.h"

bool kernel_boot_refuse(struct boot_check *check, const char *what)
{
    struct text text = KERNEL_TEXT_IN(check->error->text);
    if (check->message.error != WIRE_OK) {
        kernel_text_add(&text, "the boot package is damaged at word ");
        kernel_text_add_number(&text, check->message.error_word);
        kernel_text_add(&text, ": ");
        kernel_text_add(&text, wire_error_text(check->message.error));
        return false;
    }
    kernel_text_add(&text, check->path_bytes);
    kernel_text_add(&text, ": ");
    kernel_text_add(&text, what);
    return false;
}

bool kernel_boot_refuse_named(struct boot_check *check, struct wire_text name, const char *what)
{
    kernel_text_add(&check->path, " ");
    kernel_text_add_quoted(&check->path, name.chars, name.size);
    return kernel_boot_refuse(check, what);
}

bool kernel_boot_refuse_amount(struct boot_check *check, enum budget_kind kind, uint64_t said,
                               const char *and, uint64_t there)
{
    struct kernel_error what;
    struct text text = KERNEL_TEXT_IN(what.text);
    kernel_text_add(&check->path, ".");
    kernel_text_add(&check->path, kernel_budget_names[kind]);
    kernel_text_add_number(&text, said);
    kernel_text_add(&text, and);
    kernel_text_add_number(&text, there);
    return kernel_boot_refuse(check, what.text);
}

void kernel_boot_at(struct boot_check *check, const char *field)
{
    check->path = KERNEL_TEXT_IN(check->path_bytes);
    kernel_text_add(&check->path, field);
}

void kernel_boot_at_element(struct boot_check *check, const char *list, uint32_t index)
{
    kernel_boot_at(check, list);
    kernel_text_add(&check->path, "[");
    kernel_text_add_number(&check->path, index);
    kernel_text_add(&check->path, "]");
}

bool kernel_boot_says_more(struct wire_struct s, uint32_t data_bytes, uint16_t pointers)
{
    for (uint32_t byte = data_bytes; byte < s.data_bytes; byte++)
        if (wire_get_u8(s, byte) != 0)
            return true;
    for (uint16_t i = pointers; i < s.pointer_count; i++)
        if (wire_has_pointer(s, i))
            return true;
    return false;
}

bool kernel_boot_check_name(struct boot_check *check, struct wire_text name)
{
    if (name.size == 0)
        return kernel_boot_refuse(check, "no name; 1 to 43 bytes of UTF-8 are needed");
    if (name.size > CAPOS_CAPSET_NAME_MAX)
        return kernel_boot_refuse_named(check, name, "a name longer than 43 bytes");
    if (!kernel_text_is_utf8(name.chars, name.size))
        return kernel_boot_refuse_named(check, name, "a name that is not printable UTF-8");
    return true;
}
