/*
 * Messages between programs of different age. Both schemas have the same
 * names, so this is compiled twice: with
 * OLD it writes as an old program, and reads a new one's
 * message; without, the other way round. `write` or `read` says which.
 */
#include "check.h"
#ifdef OLD
#    include "old.capos.h"
#else
#    include "new.capos.h"
#endif

#include <string.h>

static void fill(struct person_builder b)
{
    person_set_name(b, WIRE_TEXT("Ada"));
    person_set_age(b, 36);
    address_set_street(person_init_address(b), WIRE_TEXT("High Street"));
    struct wire_list_builder phones = person_init_phones(b, 2);
#ifdef OLD
    person_set_phones_at(phones, 1, 12345);
    person_kind_set_child(person_edit_kind(b), WIRE_TEXT("school"));
    person_set_mood(b, MOOD_GLAD);
#else
    phone_set_number(person_edit_phones_at(phones, 1), 12345);
    phone_set_label(person_edit_phones_at(phones, 1), WIRE_TEXT("home"));
    person_kind_set_adult(person_edit_kind(b), 7);
    person_set_mood(b, MOOD_PROUD);
    person_set_nickname(b, WIRE_TEXT("A"));
    person_set_height(b, 1.5);
    address_set_city(person_edit_address(b), WIRE_TEXT("London"));
#endif
}

static void check(struct person_reader r)
{
    CHECK_TEXT(person_get_name(r), "Ada");
    CHECK(person_get_age(r) == 36 && person_get_phones(r).count == 2);
    CHECK_TEXT(address_get_street(person_get_address(r)), "High Street");
#ifdef OLD
    CHECK(person_get_phones_at(person_get_phones(r), 1) == 12345);
    CHECK(person_get_mood(r) == 2);
    CHECK(person_kind_which(person_get_kind(r)) == 2 && !person_kind_is_child(person_get_kind(r)));
#else
    struct phone_reader phone = person_get_phones_at(person_get_phones(r), 1);
    CHECK(phone_get_number(phone) == 12345 && !phone_has_label(phone));
    CHECK(person_kind_is_child(person_get_kind(r)) && person_get_mood(r) == MOOD_GLAD);
    CHECK(person_get_height(r) == 1.75 && address_get_zip(person_get_address(r)) == 1000);
    CHECK_TEXT(person_get_nickname(r), "none");
    CHECK(!address_has_city(person_get_address(r)));
#endif
}

#ifndef OLD
/* What an old program built is copied, and then grows where it is edited. */
static void grow(struct person_reader old)
{
    static uint64_t words[256];
    struct wire_build build;
    wire_build_init(&build, words, 256);
    struct person_builder b = person_build_root(&build);
    address_set_street(person_init_address(b), WIRE_TEXT("gone"));
    person_set_address(b, person_get_address(old));
    person_set_phones(b, person_get_phones(old));
    address_set_city(person_edit_address(b), WIRE_TEXT("Paris"));
    struct wire_list_builder phones = person_edit_phones(b);
    phone_set_label(person_edit_phones_at(phones, 1), WIRE_TEXT("work"));
    struct person_reader r = person_as_reader(b);
    CHECK_TEXT(address_get_street(person_get_address(r)), "High Street");
    CHECK_TEXT(address_get_city(person_get_address(r)), "Paris");
    struct phone_reader phone = person_get_phones_at(person_get_phones(r), 1);
    CHECK(phone_get_number(phone) == 12345);
    CHECK_TEXT(phone_get_label(phone), "work");
    CHECK(wire_build_error(&build) == WIRE_OK);
}
#endif

static int write_message(void)
{
    static uint64_t words[256];
    static uint8_t bytes[sizeof words + 8];
    struct wire_build build;
    uint64_t size;
    wire_build_init(&build, words, 256);
    fill(person_build_root(&build));
    CHECK(wire_stream_write(&build, bytes, sizeof bytes, &size) == WIRE_OK);
    return fwrite(bytes, 1, size, stdout) != size;
}

int main(int argc, char **argv)
{
    struct wire_message message;
    if (argc == 2 && strcmp(argv[1], "write") == 0)
        return write_message();
    open_input(&message);
    check(person_read_root(&message));
#ifndef OLD
    grow(person_read_root(&message));
#endif
    CHECK(message.error == WIRE_OK);
    return 0;
}
