/* The strict check of a JSON value. What it accepts, cJSON accepts too and reads the same from it;
 * not the other way round, for cJSON takes much that is no JSON. What the scanner has learned from
 * the inputs before, and what stands behind the text, change nothing. */
#include "formats/json/scan.h"
#include "tests/fuzz/fuzz.h"

#include <cjson/cJSON.h>

enum { CJSON_NUMBER = 63, PATHS = 5, BEHIND = 64 };

/* cJSON cuts a number that is longer. */
static bool long_number(const uint8_t *data, size_t size)
{
    size_t run = 0;
    for (size_t i = 0; i < size; i++) {
        run = memchr("0123456789+-eE.", data[i], 15) ? run + 1 : 0;
        if (run >= CJSON_NUMBER)
            return true;
    }
    return false;
}

/* cJSON's strings and names end at a NUL. */
static bool has_nul(const uint8_t *data, size_t size)
{
    return memmem(data, size, "u0000", 5) != NULL;
}

static const cJSON *last_member(const cJSON *object, const char *name)
{
    const cJSON *found = NULL;
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        if (item->string && strcmp(item->string, name) == 0)
            found = item;
    }
    return found;
}

static void compare(const struct json_value *value, const cJSON *item, struct arena *arena)
{
    struct slice text = json_scalar(value, arena);
    MUST((value->type == JSON_ABSENT) == (item == NULL));
    if (!item)
        return;
    MUST(cJSON_IsArray(item) == (value->type == JSON_ARRAY));
    MUST(cJSON_IsObject(item) == (value->type == JSON_OBJECT));
    MUST(cJSON_IsNull(item) == (value->type == JSON_NULL));
    MUST(cJSON_IsNumber(item) == (value->type == JSON_NUMBER));
    MUST(cJSON_IsString(item) == (value->type == JSON_STRING));
    if (cJSON_IsString(item))
        MUST(slice_is(text, item->valuestring));
}

/* Goes through everything below a value. The depth is bounded by the check.
 * NOLINTNEXTLINE(misc-no-recursion) */
static void walk(const struct json_value *value, struct arena *arena)
{
    struct json_value name;
    struct json_value below;
    char small[8];
    (void)json_scalar(value, arena);
    if (value->type == JSON_ARRAY)
        for (size_t at = 0; json_list_next(value, &at, &below);)
            walk(&below, arena);
    if (value->type == JSON_OBJECT)
        for (size_t at = 0; json_member_next(value, &at, &name, &below);) {
            MUST(name.type == JSON_STRING);
            MUST(json_short_name(slice_of(name.ptr, name.len), small, sizeof small) <=
                 sizeof small);
            walk(&below, arena);
        }
}

static const struct json_schema *schema(void)
{
    static const char *const paths[PATHS] = {"id", "name", "name.first", "students", "a.b.c"};
    static struct json_schema *made;
    if (made)
        return made;
    made = json_schema_new();
    MUST(made);
    for (int i = 0; i < PATHS; i++)
        MUST(json_schema_want(made, paths[i]) == i);
    return made;
}

static struct json_scanner *new_scanner(void)
{
    struct json_scanner *scanner = json_scanner_new(schema());
    MUST(scanner);
    return scanner;
}

/* One that has seen all inputs before, each with something behind it. */
static bool scan_again(const uint8_t *data, size_t size, const struct json_value *values)
{
    static struct json_scanner *learned;
    struct json_error error;
    char *longer = malloc(size + BEHIND);
    MUST(longer);
    if (size)
        memcpy(longer, data, size);
    for (size_t i = 0; i < BEHIND; i++)
        longer[size + i] = "\"}],\\ 1"[i % 7];
    learned = learned ? learned : new_scanner();
    bool valid = json_scan(learned, slice_of(longer, size), longer + size + BEHIND, &error);
    const struct json_value *again = json_scanner_values(learned);
    for (int i = 0; valid && values && i < PATHS; i++) {
        MUST(again[i].type == values[i].type);
        MUST(!again[i].type || slice_equal(slice_of(again[i].ptr, again[i].len),
                                           slice_of(values[i].ptr, values[i].len)));
    }
    free(longer);
    return valid;
}

static void compare_all(const char *text, size_t size, const struct json_value *values)
{
    struct arena arena = {0};
    const char *end = NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts(text, size, &end, false);
    MUST(tree);
    if (!has_nul((const uint8_t *)text, size)) {
        compare(&values[0], last_member(tree, "id"), &arena);
        compare(&values[1], last_member(tree, "name"), &arena);
        compare(&values[3], last_member(tree, "students"), &arena);
    }
    cJSON_Delete(tree);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_error error;
    struct arena arena = {0};
    struct json_scanner *scanner = new_scanner();
    char *copy = exact_copy(data, size);
    struct slice text = slice_of(copy, size);
    bool valid = json_scan(scanner, text, copy + size, &error);
    MUST(valid || (error.reason && error.at <= size));
    MUST(valid == json_check(text, &error));
    const struct json_value *values = json_scanner_values(scanner);
    MUST(valid == scan_again(data, size, valid ? values : NULL));
    if (valid && !long_number(data, size))
        compare_all(copy, size, values);
    for (int i = 0; valid && i < PATHS; i++)
        walk(&values[i], &arena);
    arena_release(&arena);
    json_scanner_free(scanner);
    free(copy);
    return 0;
}
