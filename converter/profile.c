#include "converter/profile.h"

#include "converter/batch.h"
#include "formats/json/scan.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { MAX_PROFILE = 1024 * 1024 };

/* ---- reading ---- */

struct profile {
    const char *path;
    struct slice text;
    struct arena *keep;
};

static bool cannot_read(const char *path, const char *why, struct failure *failure)
{
    return failure_set(failure, FAILURE_USAGE, "--profile %s: %s; give a file that can be read",
                       path, why);
}

static bool read_text(struct profile *profile, struct failure *failure)
{
    char *text = arena_bytes(profile->keep, MAX_PROFILE + 1);
    if (!text)
        return failure_no_memory(failure);
    int fd = open(profile->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return cannot_read(profile->path, strerror(errno), failure);
    size_t len = 0;
    ssize_t got = 1;
    while (len <= MAX_PROFILE && got > 0) {
        do
            got = read(fd, text + len, MAX_PROFILE + 1 - len);
        while (got < 0 && errno == EINTR);
        len += got > 0 ? (size_t)got : 0;
    }
    int error = errno;
    (void)close(fd); /* only read from */
    if (got < 0)
        return cannot_read(profile->path, strerror(error), failure);
    if (len > MAX_PROFILE)
        return cannot_read(profile->path, "has more than 1 MiB", failure);
    profile->text = slice_of(text, len);
    if (slice_starts(profile->text, SLICE_LITERAL("\xEF\xBB\xBF")))
        profile->text = slice_of(text + 3, len - 3);
    return true;
}

/* Always false; what is wrong at a place of the text. */
static bool wrong_at(const struct profile *profile, const char *at, const char *what,
                     struct failure *failure)
{
    uint64_t line = 1;
    bool after_cr = false;
    count_lines(slice_of(profile->text.ptr, (size_t)(at - profile->text.ptr)), &line, &after_cr);
    return failure_set(failure, FAILURE_USAGE, "%s:%llu: %s", profile->path,
                       (unsigned long long)line, what);
}

/* A string as terminated text; NULL for one with a NUL in it, and when out of memory. */
static const char *text_of(const struct profile *profile, const struct json_value *value)
{
    struct slice raw = json_scalar(value, profile->keep);
    char *text = raw.ptr ? arena_bytes(profile->keep, raw.len + 1) : NULL;
    if (!text || (raw.len && memchr(raw.ptr, '\0', raw.len)))
        return NULL;
    if (raw.len)
        memcpy(text, raw.ptr, raw.len);
    text[raw.len] = '\0';
    return text;
}

static bool take_text(const struct profile *profile, const struct json_value *value,
                      struct setting *setting)
{
    const char *text = text_of(profile, value);
    if (!text)
        return false;
    setting->texts[setting->count++] = text;
    return true;
}

static bool take_list(const struct profile *profile, const struct json_value *list,
                      struct setting *setting)
{
    struct json_value element;
    size_t at = 0;
    size_t count = 0;
    while (json_list_next(list, &at, &element))
        count++;
    setting->texts = arena_alloc(profile->keep, (count + 1) * sizeof *setting->texts);
    if (!setting->texts)
        return false;
    at = 0;
    while (json_list_next(list, &at, &element))
        if (element.type != JSON_STRING || !take_text(profile, &element, setting))
            return false;
    return true;
}

static enum setting_kind kind_of(const struct json_value *value)
{
    switch ((enum json_type)value->type) {
    case JSON_BOOL: return SETTING_SWITCH;
    case JSON_STRING: return SETTING_TEXT;
    case JSON_NUMBER: return SETTING_NUMBER;
    case JSON_ARRAY: return SETTING_LIST;
    case JSON_ABSENT:
    case JSON_NULL:
    case JSON_OBJECT: break;
    }
    return SETTING_OTHER;
}

static bool take_member(const struct profile *profile, const struct json_value *name,
                        const struct json_value *value, setting_fn *take, void *context,
                        struct failure *failure)
{
    const char *one = NULL;
    struct setting setting = {
        .name = text_of(profile, name), .kind = kind_of(value), .texts = &one};
    bool good = true;
    if (setting.kind == SETTING_SWITCH)
        setting.on = value->ptr[0] == 't';
    else if (setting.kind == SETTING_LIST)
        good = take_list(profile, value, &setting);
    else if (setting.kind != SETTING_OTHER)
        good = take_text(profile, value, &setting);
    if (profile->keep->oom)
        return failure_no_memory(failure);
    if (!setting.name)
        return wrong_at(profile, name->ptr, "a key has a NUL in it; leave it out", failure);
    if (!good)
        setting.kind = SETTING_OTHER;
    struct failure refused = {.kind = FAILURE_NONE};
    return take(context, &setting, &refused) ||
           wrong_at(profile, name->ptr, refused.text, failure);
}

bool profile_read(const char *path, struct arena *keep, setting_fn *take, void *context,
                  struct failure *failure)
{
    struct profile profile = {.path = path, .keep = keep};
    struct json_error error;
    struct json_value name;
    struct json_value value;
    size_t at = 0;
    if (!read_text(&profile, failure))
        return false;
    struct slice text = profile.text;
    while (text.len && json_space(*text.ptr))
        text = slice_of(text.ptr + 1, text.len - 1);
    if (text.len == 0 || *text.ptr != '{')
        return wrong_at(&profile, text.ptr, "a profile is one JSON object: { ... }", failure);
    if (!json_check(text, &error)) {
        struct buf what = {0};
        buf_printf(&what, "the profile %s", error.reason);
        const char *said = buf_text(&what);
        wrong_at(&profile, text.ptr + error.at, said ? said : "is no JSON", failure);
        buf_release(&what);
        return false;
    }
    struct json_value object = {.ptr = text.ptr, .len = (uint32_t)text.len, .type = JSON_OBJECT};
    while (json_member_next(&object, &at, &name, &value))
        if (!take_member(&profile, &name, &value, take, context, failure))
            return false;
    return true;
}

/* ---- writing ---- */

static cJSON *make_value(const struct setting *setting)
{
    switch (setting->kind) {
    case SETTING_SWITCH: return cJSON_CreateBool(setting->on);
    case SETTING_TEXT: return cJSON_CreateString(setting->texts[0]);
    case SETTING_NUMBER: return cJSON_CreateRaw(setting->texts[0]);
    case SETTING_LIST: {
        int count = (int)setting->count;
        return count ? cJSON_CreateStringArray(setting->texts, count) : cJSON_CreateArray();
    }
    case SETTING_OTHER: break;
    }
    return NULL;
}

bool profile_put(struct buf *out, const struct setting *settings, size_t count)
{
    cJSON *root = cJSON_CreateObject();
    bool ok = root;
    for (size_t i = 0; ok && i < count; i++) {
        cJSON *value = make_value(&settings[i]);
        ok = value && cJSON_AddItemToObject(root, settings[i].name, value);
        if (!ok)
            cJSON_Delete(value);
    }
    char *text = ok ? cJSON_Print(root) : NULL;
    if (text)
        buf_put_text(out, text);
    buf_put_byte(out, '\n');
    cJSON_free(text);
    cJSON_Delete(root);
    return text && !out->oom;
}
