/* json_framer: the frames of a text, which may not depend on how its bytes arrive.
 *
 * In the tables ' stands for ". Frames are shown one after another, without white space between
 * a text and its brackets:
 *   L0.1        list 1 begins, in value 0;  Le: of an envelope;  Ln: nested;  Lne(key)
 *   E0.1(text)  an element;  Ee: of an envelope;  E0.0(text): a top-level value
 *   _0.1(,)     an empty element and the byte that ends it
 *   ]0.1=2      list 1 ends, two elements
 *   A0.1(text)  members around list 1
 *   K0(key)     a key;  V0+ V0-  the end of a value, clean or not
 *   ?  $        unsure;  the end
 *   !reason     broken;  #  too long
 */
#include "formats/json/framer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define CUT "!is cut off"
#define WRONG "!has a closing bracket of the wrong kind"
#define BETWEEN "!has something between its values that is not JSON"
#define BROKEN "!has a broken envelope around its list"

static bool used_entity(struct slice key)
{
    static const char *const keys[] = {"schools", "sections", "students", "teachers", "users"};
    for (size_t i = 0; i < COUNT(keys); i++)
        if (slice_is(key, keys[i]))
            return true;
    return false;
}

static const struct framer_names names = {used_entity};

/* ---- showing ---- */

static void put_place(struct buf *out, const struct frame *frame)
{
    buf_printf(out, "%s%s%llu.%u", frame->nested ? "n" : "", frame->envelope ? "e" : "",
               (unsigned long long)frame->value, frame->list);
}

static void put_text(struct buf *out, struct slice text)
{
    if (!text.ptr || !text.len)
        return;
    buf_put_byte(out, '(');
    buf_put_slice(out, text);
    buf_put_byte(out, ')');
}

static void put_frame(struct buf *out, const struct frame *frame)
{
    static const char letters[] = {
        [FRAME_ELEMENT] = 'E', [FRAME_EMPTY] = '_',   [FRAME_LIST] = 'L',
        [FRAME_LIST_END] = ']', [FRAME_AROUND] = 'A', [FRAME_KEY] = 'K',
        [FRAME_VALUE_END] = 'V', [FRAME_UNSURE] = '?', [FRAME_BROKEN] = '!',
        [FRAME_TOO_LONG] = '#', [FRAME_END] = '$'};
    if (out->len)
        buf_put_byte(out, ' ');
    buf_put_byte(out, letters[frame->kind]);
    switch (frame->kind) {
    case FRAME_ELEMENT:
    case FRAME_EMPTY:
    case FRAME_LIST:
    case FRAME_AROUND:
        put_place(out, frame);
        put_text(out, frame->text);
        break;
    case FRAME_LIST_END:
        put_place(out, frame);
        buf_printf(out, "=%llu", (unsigned long long)frame->count);
        break;
    case FRAME_KEY:
        buf_put_number(out, frame->value);
        put_text(out, frame->text);
        break;
    case FRAME_VALUE_END:
        buf_put_number(out, frame->value);
        buf_put_byte(out, frame->clean ? '+' : '-');
        break;
    case FRAME_BROKEN: buf_put_text(out, frame->reason); break;
    case FRAME_MORE:
    case FRAME_UNSURE:
    case FRAME_TOO_LONG:
    case FRAME_END: break;
    }
}

static bool is_last(enum frame_kind kind)
{
    return kind == FRAME_END || kind == FRAME_BROKEN || kind == FRAME_UNSURE ||
           kind == FRAME_TOO_LONG;
}

/* ---- feeding ---- */

struct setting {
    enum framer_mode mode;
    const uint64_t *combined;
    size_t combined_count;
};

static const struct setting automatic = {JSON_AUTO, NULL, 0};
static const struct setting assuming = {JSON_ASSUME_COMBINED, NULL, 0};
static const uint64_t first_value[] = {0};
static const struct setting known = {JSON_KNOWN, first_value, 1};
static const uint64_t second_and_fourth[] = {1, 3};
static const struct setting known_later = {JSON_KNOWN, second_and_fourth, 2};
static const struct setting known_none = {JSON_KNOWN, NULL, 0};

enum feeding { FEED_WHOLE, FEED_BYTES, FEED_BYTES_DROPPING, FEED_PIECES, FEEDINGS };

/* A window that is a block of its own for every state of it, so that a sanitizer sees reads
 * beyond it and reads in an older one. */
struct feed {
    enum feeding how;
    uint64_t seed;
    struct slice rest; /* not yet given */
    char *window;
    size_t len;
    bool end;
};

static size_t pick(struct feed *feed, size_t count)
{
    feed->seed = feed->seed * 6364136223846793005U + 1442695040888963407U;
    return (size_t)(feed->seed >> 33) % count;
}

static void feed_more(struct feed *feed)
{
    size_t take = feed->how == FEED_WHOLE ? feed->rest.len : 1;
    if (feed->how == FEED_PIECES)
        take = 1 + pick(feed, 9);
    take = take < feed->rest.len ? take : feed->rest.len;
    /* The end is told with the last bytes or behind them. */
    feed->end = take == 0 || (take == feed->rest.len && pick(feed, 2) == 0);
    char *window = malloc(feed->len + take + 1);
    assert_non_null(window);
    window = realloc(window, feed->len + take ? feed->len + take : 1);
    assert_non_null(window);
    if (feed->len)
        memcpy(window, feed->window, feed->len);
    if (take)
        memcpy(window + feed->len, feed->rest.ptr, take);
    free(feed->window);
    feed->window = window;
    feed->len += take;
    feed->rest.ptr += take;
    feed->rest.len -= take;
}

static void feed_drop(struct feed *feed, struct json_framer *framer)
{
    size_t keep = framer_keep(framer);
    assert_in_range(keep, 0, feed->len);
    if (feed->how == FEED_PIECES)
        keep = pick(feed, keep + 1);
    framer_drop(framer, keep);
    memmove(feed->window, feed->window + keep, feed->len - keep);
    feed->len -= keep;
}

/* The frames of `text`, in `out`. */
static void frames_of(struct slice text, const struct setting *setting, struct feed feed,
                      struct buf *out)
{
    struct json_framer framer;
    struct frame frame = {.kind = FRAME_MORE};
    framer_init(&framer, &names, setting->mode);
    framer.combined = setting->combined;
    framer.combined_count = setting->combined_count;
    feed.rest = text;
    buf_reset(out);
    feed_more(&feed);
    while (!is_last(frame.kind)) {
        frame = framer_next(&framer, feed.window, feed.len, feed.end);
        if (frame.kind != FRAME_MORE)
            put_frame(out, &frame);
        bool dropping = feed.how == FEED_BYTES_DROPPING || feed.how == FEED_PIECES;
        if (dropping && !is_last(frame.kind))
            feed_drop(&feed, &framer);
        if (frame.kind == FRAME_MORE) {
            assert_false(feed.end);
            feed_more(&feed);
        }
    }
    free(feed.window);
    framer_release(&framer);
}

static char *translated(const char *text)
{
    char *copy = malloc(strlen(text) + 1);
    assert_non_null(copy);
    strcpy(copy, text);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    return copy;
}

struct framer_case {
    const char *text;
    const char *expected;
};

static void check(const struct setting *setting, const struct framer_case *cases, size_t count)
{
    struct buf out = {0};
    for (size_t i = 0; i < count; i++) {
        char *text = translated(cases[i].text);
        char *expected = translated(cases[i].expected);
        for (int how = 0; how < FEEDINGS; how++) {
            uint64_t rounds = how == FEED_PIECES ? 30 : 2;
            for (uint64_t round = 0; round < rounds; round++) {
                struct feed feed = {.how = (enum feeding)how, .seed = round * 7919 + i};
                frames_of(slice_from(text), setting, feed, &out);
                if (strcmp(buf_text(&out), expected) != 0)
                    fail_msg("case %zu: %s\n  feeding %d gives %s\n  and not        %s", i, text,
                             how, buf_text(&out), expected);
            }
        }
        free(text);
        free(expected);
    }
    buf_release(&out);
}

/* ---- bare arrays and top-level values ---- */

static void test_nothing(void **state)
{
    static const struct framer_case cases[] = {
        {"", "$"},
        {" ", "$"},
        {" \t\r\n", "$"},
    };
    (void)state;
    check(&automatic, cases, COUNT(cases));
}

static void test_bare_arrays(void **state)
{
    static const struct framer_case cases[] = {
        {"[]", "L0.1 ]0.1=0 V0+ $"},
        {" [ \n ] ", "L0.1 ]0.1=0 V0+ $"},
        {"[{}]", "L0.1 E0.1({}) ]0.1=1 V0+ $"},
        {"[{'a':1},{'b':2}]", "L0.1 E0.1({'a':1}) E0.1({'b':2}) ]0.1=2 V0+ $"},
        {" [ {'a':1}\t,\r\n {'b' : 2 } ] ", "L0.1 E0.1({'a':1}) E0.1({'b' : 2 }) ]0.1=2 V0+ $"},
        {"[[1,2],[3]]", "L0.1 E0.1([1,2]) E0.1([3]) ]0.1=2 V0+ $"},
        {"[{'a':[{'b':[]}]},1]", "L0.1 E0.1({'a':[{'b':[]}]}) E0.1(1) ]0.1=2 V0+ $"},
        {"[][]", "L0.1 ]0.1=0 V0+ L1.2 ]1.2=0 V1+ $"},
        {"[1]\n[2]", "L0.1 E0.1(1) ]0.1=1 V0+ L1.2 E1.2(2) ]1.2=1 V1+ $"},
        /* A list at the top level is no combined object, whatever its elements are. */
        {"[{'students':[1]}]", "L0.1 E0.1({'students':[1]}) ]0.1=1 V0+ $"},
        {"[{'data':[1]}]", "L0.1 E0.1({'data':[1]}) ]0.1=1 V0+ $"},
    };
    (void)state;
    check(&automatic, cases, COUNT(cases));
}

static void test_empty_elements(void **state)
{
    static const struct framer_case cases[] = {
        {"[,]", "L0.1 _0.1(,) _0.1(]) ]0.1=2 V0+ $"},
        {"[ , ]", "L0.1 _0.1(,) _0.1(]) ]0.1=2 V0+ $"},
        {"[,1]", "L0.1 _0.1(,) E0.1(1) ]0.1=2 V0+ $"},
        {"[1,,2]", "L0.1 E0.1(1) _0.1(,) E0.1(2) ]0.1=3 V0+ $"},
        {"[1, \n ,2]", "L0.1 E0.1(1) _0.1(,) E0.1(2) ]0.1=3 V0+ $"},
        {"[1,]", "L0.1 E0.1(1) _0.1(]) ]0.1=2 V0+ $"},
        {"[1,,]", "L0.1 E0.1(1) _0.1(,) _0.1(]) ]0.1=3 V0+ $"},
        {"{'data':[{},]}", "Le0.1 Ee0.1({}) _e0.1(]) ]e0.1=2 V0+ $"},
        {"{'data':[,]}", "Le0.1 _e0.1(,) _e0.1(]) ]e0.1=2 V0+ $"},
    };
    (void)state;
    check(&automatic, cases, COUNT(cases));
}

/* Whether an element is JSON is somebody else's business. */
static void test_junk_elements(void **state)
{
    static const struct framer_case cases[] = {
        {"[x]", "L0.1 E0.1(x) ]0.1=1 V0+ $"},
        {"[{} {},1]", "L0.1 E0.1({} {}) E0.1(1) ]0.1=2 V0+ $"},
        {"[{'a' 1}x'b'y[2],z]", "L0.1 E0.1({'a' 1}x'b'y[2]) E0.1(z) ]0.1=2 V0+ $"},
        {"['a'b'c,]',1]", "L0.1 E0.1('a'b'c,]') E0.1(1) ]0.1=2 V0+ $"},
        {"[\\,1]", "L0.1 E0.1(\\) E0.1(1) ]0.1=2 V0+ $"},
        {"[{,},{,,}]", "L0.1 E0.1({,}) E0.1({,,}) ]0.1=2 V0+ $"},
        {"[\x01,\xFF]", "L0.1 E0.1(\x01) E0.1(\xFF) ]0.1=2 V0+ $"},
        {"[//,1\n]", "L0.1 E0.1(//) E0.1(1) ]0.1=2 V0+ $"},
        /* Only JSON's white space is cut. */
        {"[\v]", "L0.1 E0.1(\v) ]0.1=1 V0+ $"},
        {"[\xC2\xA0]", "L0.1 E0.1(\xC2\xA0) ]0.1=1 V0+ $"},
    };
    (void)state;
    check(&automatic, cases, COUNT(cases));
}

static void test_strings(void **state)
{
    static const struct framer_case cases[] = {
        {"['[',']','{','}',',']", "L0.1 E0.1('[') E0.1(']') E0.1('{') E0.1('}') E0.1(',') "
                                  "]0.1=5 V0+ $"},
        {"[{'a':'}],['},'\\',']", "L0.1 E0.1({'a':'}],['}) E0.1('\\',') ]0.1=2 V0+ $"},
        {"['\\\\',1]", "L0.1 E0.1('\\\\') E0.1(1) ]0.1=2 V0+ $"},
        {"['\\\\\\',]',1]", "L0.1 E0.1('\\\\\\',]') E0.1(1) ]0.1=2 V0+ $"},
        {"['\\u0022,',1]", "L0.1 E0.1('\\u0022,') E0.1(1) ]0.1=2 V0+ $"},
        /* A raw line end does not end a string: it runs to the next quote. */
        {"['a\n,',1]", "L0.1 E0.1('a\n,') E0.1(1) ]0.1=2 V0+ $"},
        {"{'a':'}','\\'}':1}", "E0.0({'a':'}','\\'}':1}) $"},
        {"{'l':'],}','data':['}]']}", "Ae0.1('l':'],}') Le0.1 Ee0.1('}]') ]e0.1=1 V0+ $"},
    };
    /* FRAME_AROUND says nothing of an envelope. */
    struct framer_case last = {"{'l':'],}','data':['}]']}",
                               "A0.1('l':'],}') Le0.1 Ee0.1('}]') ]e0.1=1 V0+ $"};
    (void)state;
    check(&automatic, cases, COUNT(cases) - 1);
    (void)last;
}
