#include <string.h>

size_t strlen(const char *string)
{
    const char *at = string;
    while (*at)
        at++;
    return (size_t)(at - string);
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

char *strcpy(char *to, const char *from)
{
    return memcpy(to, from, strlen(from) + 1);
}

char *strstr(const char *string, const char *part)
{
    size_t bytes = strlen(part);
    for (; strlen(string) >= bytes; string++)
        if (memcmp(string, part, bytes) == 0)
            return (char *)string;
    return NULL;
}
