/* json_framer: the frames of a text, which may not depend on how its bytes arrive.
 *
 * In the tables ' stands for ". Frames are shown one after another, without white space between
 * a text and its brackets:
 *   L0.1        list 1 begins, in value 0;  Le: of an envelope;  L0.1(key), Lne0.1(key): in a
 *               combined object, there also of a nested envelope
 *   E0.1(text)  an element;  Ee: of an envelope;  E0.0(text): a top-level value
 *   _0.1(,)     an empty element and the byte that ends it
 *   ]0.1=2      list 1 ends, two elements
 *   A0.1(text)  members around list 1
 *   K0(key)     a key;  V0+ V0-  the end of a value, clean or not
 *   ?  $        unsure;  the end
 *   !word       broken; a word of the reason, whose wording is not the point here
 *   #           too long
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
#define CUT "!cut off"
#define WRONG "!bracket"
#define BETWEEN "!between"
#define BROKEN "!envelope"

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
    bool list = frame->kind == FRAME_LIST;
    if (list && frame->nested)
        buf_put_byte(out, 'n');
    if ((list || frame->kind == FRAME_ELEMENT) && frame->envelope)
        buf_put_byte(out, 'e');
    buf_printf(out, "%llu.%u", (unsigned long long)frame->value, frame->list);
}

static void put_text(struct buf *out, struct slice text)
{
    if (!text.ptr || !text.len)
        return;
    buf_put_byte(out, '(');
    buf_put_slice(out, text);
    buf_put_byte(out, ')');
}

static void put_reason(struct buf *out, const char *reason)
{
    static const char *const words[] = {"cut off", "bracket", "between", "envelope"};
    const char *shown = reason;
    for (size_t i = 0; i < COUNT(words); i++)
        if (strstr(reason, words[i]))
            shown = words[i];
    buf_put_text(out, shown);
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
    case FRAME_AROUND:
        put_place(out, frame);
        put_text(out, frame->text);
        break;
    case FRAME_LIST: /* the list of an envelope has no key, unless the envelope is nested */
        put_place(out, frame);
        put_text(out, frame->envelope && !frame->nested ? SLICE_ABSENT : frame->text);
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
    case FRAME_BROKEN: put_reason(out, frame->reason); break;
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
        {"{'data':[{},]}", "Le0.1 Ee0.1({}) _0.1(]) ]0.1=2 V0+ $"},
        {"{'data':[,]}", "Le0.1 _0.1(,) _0.1(]) ]0.1=2 V0+ $"},
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
        {"{'l':'],}','data':['}]']}", "A0.1('l':'],}') Le0.1 Ee0.1('}]') ]0.1=1 V0+ $"},
    };
    (void)state;
    check(&automatic, cases, COUNT(cases));
}

static void test_top_level_elements(void **state)
{
    static const struct framer_case cases[] = {
        {"{}", "E0.0({}) $"},
        {" { } ", "E0.0({ }) $"},
        {"{'id':1}", "E0.0({'id':1}) $"},
        {"{'id':1}\n{'id':2}\r\n{'id':3}", "E0.0({'id':1}) E1.0({'id':2}) E2.0({'id':3}) $"},
        {"{}{}", "E0.0({}) E1.0({}) $"},
        {"{'data':{'id':1},'links':[{'rel':'self'}]}",
         "E0.0({'data':{'id':1},'links':[{'rel':'self'}]}) $"},
        {"{'data':null}", "E0.0({'data':null}) $"},
        {"{'data':'['}", "E0.0({'data':'['}) $"},
        {"{'data':'x','y':[1]}", "E0.0({'data':'x','y':[1]}) $"},
        {"{'DATA':[1]}", "E0.0({'DATA':[1]}) $"},
        {"{'x':{'data':[1]}}", "E0.0({'x':{'data':[1]}}) $"},
        {"1", "E0.0(1) $"},
        {" true false ", "E0.0(true) E1.0(false) $"},
        {"'abc'", "E0.0('abc') $"},
        {"'a]' '\\'b'", "E0.0('a]') E1.0('\\'b') $"},
        {"<html>", "E0.0(<html>) $"},
        {"1{}'a'[]", "E0.0(1) E1.0({}) E2.0('a') L3.1 ]3.1=0 V3+ $"},
        {"{} [1] {'data':[2]} 3",
         "E0.0({}) L1.1 E1.1(1) ]1.1=1 V1+ Le2.2 Ee2.2(2) ]2.2=1 V2+ E3.0(3) $"},
    };
    (void)state;
    check(&automatic, cases, COUNT(cases));
    check(&known_none, cases, COUNT(cases));
}

/* An object that is not clean at its own level is one element, unless it has "data":[. */
static void test_unclean_objects(void **state)
{
    static const struct framer_case cases[] = {
        {"{'a' 1}", "E0.0({'a' 1}) $"},
        {"{'a'}", "E0.0({'a'}) $"},
        {"{'a':}", "E0.0({'a':}) $"},
        {"{'a':1,}", "E0.0({'a':1,}) $"},
        {"{,}", "E0.0({,}) $"},
        {"{x}", "E0.0({x}) $"},
        {"{1:2}", "E0.0({1:2}) $"},
        {"{'a':1 'b':2}", "E0.0({'a':1 'b':2}) $"},
        {"{'a' 1,'data':[1]}", BROKEN},
        {"{'a':,'data':[1]}", BROKEN},
        {"{'a','data':[1]}", BROKEN},
        {"{,'data':[1]}", BROKEN},
        {"{'a':1,,'data':[1]}", BROKEN},
        {"{x,'data':[1]}", BROKEN},
    };
    (void)state;
    check(&automatic, cases, COUNT(cases));
    check(&known_none, cases, COUNT(cases));
}

/* ---- envelopes ---- */

static void test_envelopes(void **state)
{
    static const struct framer_case cases[] = {
        {"{'data':[]}", "Le0.1 ]0.1=0 V0+ $"},
        {"{'data':[{'id':1},{'id':2}]}", "Le0.1 Ee0.1({'id':1}) Ee0.1({'id':2}) ]0.1=2 V0+ $"},
        {"{'data':[1],'links':[{'rel':'self'}]}",
         "Le0.1 Ee0.1(1) ]0.1=1 A0.1('links':[{'rel':'self'}]) V0+ $"},
        {"{'links':[{'rel':'self'}],'data':[1]}",
         "A0.1('links':[{'rel':'self'}]) Le0.1 Ee0.1(1) ]0.1=1 V0+ $"},
        {"{'paging':{'total':2},'data':[1],'links':[]}",
         "A0.1('paging':{'total':2}) Le0.1 Ee0.1(1) ]0.1=1 A0.1('links':[]) V0+ $"},
        {"{ 'a' : 1 , 'b':[{}] ,\n'data' : [ 1 ] , 'c':2 , 'd':{} }",
         "A0.1('a' : 1 , 'b':[{}]) Le0.1 Ee0.1(1) ]0.1=1 A0.1('c':2 , 'd':{}) V0+ $"},
        {"{'d\\u0061ta':[1]}", "Le0.1 Ee0.1(1) ]0.1=1 V0+ $"},
        {"{'data'\t:\r[1]\n}", "Le0.1 Ee0.1(1) ]0.1=1 V0+ $"},
        {"{'data':1,'data':[2]}", "A0.1('data':1) Le0.1 Ee0.1(2) ]0.1=1 V0+ $"},
        {"{'data':[1],'data':[2]}", "Le0.1 Ee0.1(1) ]0.1=1 A0.1('data':[2]) V0+ $"},
        {"{'a':1,'data':[1]}{'data':[2],'b':3}",
         "A0.1('a':1) Le0.1 Ee0.1(1) ]0.1=1 V0+ Le1.2 Ee1.2(2) ]1.2=1 A1.2('b':3) V1+ $"},
        {"{'data':[{'data':[{'data':[]}]}]}", "Le0.1 Ee0.1({'data':[{'data':[]}]}) ]0.1=1 V0+ $"},
    };
    (void)state;
    check(&automatic, cases, COUNT(cases));
    check(&known_none, cases, COUNT(cases));
}

static void test_broken(void **state)
{
    static const struct framer_case cases[] = {
        {"]", WRONG},
        {"}", WRONG},
        {"{]", WRONG},
        {"[}", "L0.1 " WRONG},
        {"{'a':1]", WRONG},
        {"{'a':[1}}", WRONG},
        {"{'a':{'b':[}]}", WRONG},
        {"[1}", "L0.1 " WRONG},
        {"[1,{'a':]}", "L0.1 E0.1(1) " WRONG},
        {"[[1},2]", "L0.1 " WRONG},
        {"[1]]", "L0.1 E0.1(1) ]0.1=1 V0+ " WRONG},
        {"{}}", "E0.0({}) " WRONG},
        {"{'data':[{}}", "Le0.1 " WRONG},
        {"{'data':[1],'a':]}", "Le0.1 Ee0.1(1) ]0.1=1 " WRONG},
        {"{'data':[1],'a':[}}", "Le0.1 Ee0.1(1) ]0.1=1 " WRONG},
        {",", BETWEEN},
        {":", BETWEEN},
        {"{},{}", "E0.0({}) " BETWEEN},
        {"[1],[2]", "L0.1 E0.1(1) ]0.1=1 V0+ " BETWEEN},
        {"error: x", "E0.0(error) " BETWEEN},
        {"{'data':[1] x}", "Le0.1 Ee0.1(1) ]0.1=1 " BROKEN},
        {"{'data':[1]:2}", "Le0.1 Ee0.1(1) ]0.1=1 " BROKEN},
        {"{'data':[1],}", "Le0.1 Ee0.1(1) ]0.1=1 " BROKEN},
        {"'a", CUT},
        {"'a\\'", CUT},
        {"[1,", "L0.1 E0.1(1) " CUT},
        {"['a]", "L0.1 " CUT},
    };
    (void)state;
    check(&automatic, cases, COUNT(cases));
    check(&known_none, cases, COUNT(cases));
}

/* ---- combined objects ---- */

static void test_unsure(void **state)
{
    static const struct framer_case cases[] = {
        {"{'students':[1]}", "?"},
        {"{'students' : {'data':[1]}}", "?"},
        {"{'student\\u0073':[1]}", "?"},
        {"{'students':[1],'id':2}", "?"},
        {"{'meta':[1],'students':[2]}", "?"},
        {"{} {'users':[", "E0.0({}) ?"},
        {"{'students':1}", "E0.0({'students':1}) $"},
        {"{'students':null,'users':'['}", "E0.0({'students':null,'users':'['}) $"},
        {"{'Students':[1]}", "E0.0({'Students':[1]}) $"},
        {"{'meta':[1]}", "E0.0({'meta':[1]}) $"},
        {"{'x':{'students':[1]}}", "E0.0({'x':{'students':[1]}}) $"},
        /* The five keys that no combined object has. */
        {"{'id':1,'students':[2]}", "E0.0({'id':1,'students':[2]}) $"},
        {"{'sis_id':1,'students':[2]}", "E0.0({'sis_id':1,'students':[2]}) $"},
        {"{'name':1,'students':[2]}", "E0.0({'name':1,'students':[2]}) $"},
        {"{'school':1,'students':[2]}", "E0.0({'school':1,'students':[2]}) $"},
        {"{'data':1,'students':[2]}", "E0.0({'data':1,'students':[2]}) $"},
        {"{'\\u0069d':1,'students':[2]}", "E0.0({'\\u0069d':1,'students':[2]}) $"},
        /* ... of this object, not of the one before it. */
        {"{'id':1}{'students':[2]}", "E0.0({'id':1}) ?"},
        {"{'data':[1],'students':[2]}", "Le0.1 Ee0.1(1) ]0.1=1 A0.1('students':[2]) V0+ $"},
    };
    (void)state;
    check(&automatic, cases, COUNT(cases));
}

static void test_combined(void **state)
{
    static const struct framer_case cases[] = {
        {"{'students':[]}", "L0.1(students) ]0.1=0 V0+ $"},
        {"{'students':[{'a':1},{'b':2}],'teachers':[3]}",
         "L0.1(students) E0.1({'a':1}) E0.1({'b':2}) ]0.1=2 L0.2(teachers) E0.2(3) ]0.2=1 V0+ $"},
        {"{'students':[,]}", "L0.1(students) _0.1(,) _0.1(]) ]0.1=2 V0+ $"},
        {"{'student\\u0073':[1]}", "L0.1(students) E0.1(1) ]0.1=1 V0+ $"},
        {"{'users':[1],'users':[2]}",
         "L0.1(users) E0.1(1) ]0.1=1 L0.2(users) E0.2(2) ]0.2=1 V0+ $"},
        {"{'version':'1' , 'users':[1], 'meta' : {'a':[1]} ,'n':2}",
         "A0.0('version':'1') L0.1(users) E0.1(1) ]0.1=1 A0.0('meta' : {'a':[1]}) A0.0('n':2) "
         "V0+ $"},
        {"{'users':{'data':[1]}}", "Lne0.1(users) Ee0.1(1) ]0.1=1 V0+ $"},
        {"{'users':{'links':[1],'data':[2],'paging':3},'terms':{'data':[]},'schools':[4]}",
         "A0.1('links':[1]) Lne0.1(users) Ee0.1(2) ]0.1=1 A0.1('paging':3) Lne0.2(terms) "
         "]0.2=0 L0.3(schools) E0.3(4) ]0.3=1 V0+ $"},
        {"{'users':{}}", "A0.0('users':{}) V0+ $"},
        {"{'users':{'x':{'data':[1]}}}", "A0.0('users':{'x':{'data':[1]}}) V0+ $"},
        {"{'users':{'a':1},'terms':[1]}", "A0.0('users':{'a':1}) L0.1(terms) E0.1(1) ]0.1=1 V0+ $"},
        {"{'users':{'a' 1,'data':[1]}}", BROKEN},
        {"{'users':{'data':[1] 2}}", "Lne0.1(users) Ee0.1(1) ]0.1=1 " BROKEN},
        {"{'users':{'data':[1],}}", "Lne0.1(users) Ee0.1(1) ]0.1=1 " BROKEN},
        {"{'users':[1}", "L0.1(users) " WRONG},
        {"{'users':[1]]", "L0.1(users) E0.1(1) ]0.1=1 " WRONG},
        {"{'users':[1],'x':{]}", "L0.1(users) E0.1(1) ]0.1=1 " WRONG},
        {"{'users':[1] 2}", "L0.1(users) E0.1(1) ]0.1=1 V0- $"},
        {"{'users':[1],}", "L0.1(users) E0.1(1) ]0.1=1 V0- $"},
        {"{'users':{'data':[1]} 2}", "Lne0.1(users) Ee0.1(1) ]0.1=1 V0- $"},
        {"{'users':{'data':[1]},}", "Lne0.1(users) Ee0.1(1) ]0.1=1 V0- $"},
        {"{'users' [1]}", "A0.0('users' [1]) V0- $"},
        /* Keys up to 32 bytes are of interest. */
        {"{'abcdefghijabcdefghijabcdefghij12':[1]}",
         "L0.1(abcdefghijabcdefghijabcdefghij12) E0.1(1) ]0.1=1 V0+ $"},
        {"{'abcdefghijabcdefghijabcdefghij123':[1]}", "L0.1 E0.1(1) ]0.1=1 V0+ $"},
        {"{'users':[1]}{'users':[2]}", "L0.1(users) E0.1(1) ]0.1=1 V0+ E1.0({'users':[2]}) $"},
    };
    (void)state;
    check(&known, cases, COUNT(cases));
}

static void test_combined_later_in_the_file(void **state)
{
    static const struct framer_case cases[] = {
        {"{'users':[0]} {'users':[1]} {'users':[2]} {'users':[3]}",
         "E0.0({'users':[0]}) L1.1(users) E1.1(1) ]1.1=1 V1+ E2.0({'users':[2]}) "
         "L3.2(users) E3.2(3) ]3.2=1 V3+ $"},
        {"[0] {'users':{'data':[1]}} 'x' {'terms':[]}",
         "L0.1 E0.1(0) ]0.1=1 V0+ Lne1.2(users) Ee1.2(1) ]1.2=1 V1+ E2.0('x') "
         "L3.3(terms) ]3.3=0 V3+ $"},
    };
    (void)state;
    check(&known_later, cases, COUNT(cases));
}

/* The first of two passes: keys and ends of values are told. */
static void test_assuming(void **state)
{
    static const struct framer_case cases[] = {
        {"{}", "V0+ $"},
        {"{'id':1}", "K0(id) A0.0('id':1) V0+ $"},
        {"{'students':[1],'id':2}",
         "K0(students) L0.1(students) E0.1(1) ]0.1=1 K0(id) A0.0('id':2) V0+ $"},
        {"{'\\u0069d':null}{'x':[]}",
         "K0(id) A0.0('\\u0069d':null) V0+ K1(x) L1.1(x) ]1.1=0 V1+ $"},
        {"{'users':{'data':[1],'a':2}}",
         "K0(users) Lne0.1(users) Ee0.1(1) ]0.1=1 A0.1('a':2) V0+ $"},
        {"{'x':{'a':1}}", "K0(x) A0.0('x':{'a':1}) V0+ $"},
        {"{'data':[1],'a':2}", "K0(data) Le0.1 Ee0.1(1) ]0.1=1 A0.1('a':2) V0+ $"},
        {"{'a' 1}", "K0(a) A0.0('a' 1) V0- $"},
        {"{'a':1,}", "K0(a) A0.0('a':1) V0- $"},
        {"{,}", "V0- $"},
        {"{1}", "A0.0(1) V0- $"},
        {"{'a':}", "K0(a) A0.0('a':) V0- $"},
        {"{'users':[1] 2}", "K0(users) L0.1(users) E0.1(1) ]0.1=1 V0- $"},
        /* What one object was does not stick to the next. */
        {"{,}{'a':1}", "V0- K1(a) A1.0('a':1) V1+ $"},
        {"[{'users':[1]}] 2", "L0.1 E0.1({'users':[1]}) ]0.1=1 V0+ E1.0(2) $"},
    };
    (void)state;
    check(&assuming, cases, COUNT(cases));
}

/* ---- cut off at every byte ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t part = strlen(end);
    return len >= part && strcmp(text + len - part, end) == 0;
}

/* Half a roster must not be published: a prefix is broken, but where it is complete. Up to there
 * its frames are those of the whole text. */
static void check_cuts(const struct setting *setting, const char *table_text,
                       const char *complete)
{
    char *text = translated(table_text);
    struct buf whole = {0};
    struct buf part = {0};
    assert_int_equal(strlen(complete), strlen(text));
    frames_of(slice_from(text), setting, (struct feed){.how = FEED_WHOLE}, &whole);
    for (size_t len = 0; len < strlen(text); len++) {
        for (int how = 0; how < FEEDINGS; how++) {
            struct feed feed = {.how = (enum feeding)how, .seed = len};
            frames_of(slice_of(text, len), setting, feed, &part);
            const char *end = complete[len] == '$' ? "$" : CUT;
            if (!ends_with(buf_text(&part), end))
                fail_msg("%.*s: %s", (int)len, text, buf_text(&part));
            size_t same = part.len - strlen(end);
            if (strncmp(buf_text(&whole), buf_text(&part), same) != 0)
                fail_msg("%.*s: %s is no prefix", (int)len, text, buf_text(&part));
        }
    }
    buf_release(&whole);
    buf_release(&part);
    free(text);
}

static void test_cut_off(void **state)
{
    /* The second line has a $ below each length that is complete. */
    static const struct {
        const struct setting *setting;
        const char *text;
        const char *complete;
    } cases[] = {
        {&automatic,
         "{'links':[{'rel':'self'}],'data':[{'a':'x\\'],'},{},[1]],'paging':{'n':1}}",
         "$                                                                        "},
        {&automatic,
         " [{'a':'b\\\\'} , , 2]",
         "$$                  "},
        {&automatic,
         "{'id':1}\n[2] 'x'\n{'data':{'a':1}}",
         "$       $$  $$  $$               "},
        {&known,
         "{'users':{'l':1,'data':[{}],'p':2},'x':{'a':[1]},'terms':[3]}",
         "$                                                            "},
        {&assuming,
         "{'users':{'data':[{}]},'x':{'a':1},'id':'a'} []",
         "$                                           $$ "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_cuts(cases[i].setting, cases[i].text, cases[i].complete);
}

/* ---- limits ---- */

static enum frame_kind first_element(struct slice text, bool end)
{
    struct json_framer framer;
    framer_init(&framer, &names, JSON_AUTO);
    struct frame frame;
    do
        frame = framer_next(&framer, text.ptr, text.len, end);
    while (frame.kind == FRAME_LIST);
    framer_release(&framer);
    return frame.kind;
}

/* One record has at most 64 MiB (formats/README.md). */
static void test_longest_record(void **state)
{
    (void)state;
    size_t room = (size_t)JSON_MAX_RECORD + 16;
    char *text = malloc(room);
    assert_non_null(text);
    for (size_t excess = 0; excess < 2; excess++) {
        size_t record = (size_t)JSON_MAX_RECORD + excess;
        enum frame_kind kind = excess ? FRAME_TOO_LONG : FRAME_ELEMENT;
        memset(text, 'a', room);
        memcpy(text, "[\"", 2);
        memcpy(text + record, "\"]", 2);
        assert_int_equal(first_element(slice_of(text, record + 2), true), kind);
        memcpy(text, "{\"", 2);
        memcpy(text + record - 1, "}", 1);
        memcpy(text + record - 2, "\"", 1);
        assert_int_equal(first_element(slice_of(text, record), true), kind);
    }
    /* One that does not end is refused before all of it is there. */
    memset(text, 'a', room);
    memcpy(text, "[\"", 2);
    assert_int_equal(first_element(slice_of(text, (size_t)JSON_MAX_RECORD), false), FRAME_MORE);
    assert_int_equal(first_element(slice_of(text, room), false), FRAME_TOO_LONG);
    free(text);
}

/* Memory does not grow with the file: what is not part of an element, a key or a member is let
 * go, white space first of all. */
static void test_window_stays_small(void **state)
{
    static const char *const repeated[][3] = {
        {"[{'a':1}", " , {'a':1}", "]"}, {"{'data':[1", ",{'b':[2]}", "]}"},
        {"", " ", "{}"},                 {"[", "\n", "]"},
        {"{'data':[]", " ", "}"},        {"{'a':1}", "{'a':1}\n", ""},
        {"[", ",", "]"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(repeated); i++) {
        struct buf text = {0};
        buf_put_text(&text, repeated[i][0]);
        for (int n = 0; n < 3000; n++)
            buf_put_text(&text, repeated[i][1]);
        buf_put_text(&text, repeated[i][2]);
        char *whole = translated(buf_text(&text));
        struct json_framer framer;
        framer_init(&framer, &names, JSON_AUTO);
        size_t start = 0;
        enum frame_kind kind = FRAME_MORE;
        for (size_t len = 0; !is_last(kind); len += kind == FRAME_MORE && len < text.len) {
            kind = framer_next(&framer, whole + start, len - start, len == text.len).kind;
            size_t keep = framer_keep(&framer);
            framer_drop(&framer, keep);
            start += keep;
            assert_in_range(len - start, 0, 16);
        }
        assert_int_equal(kind, FRAME_END);
        framer_release(&framer);
        free(whole);
        buf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_bare_arrays),
        cmocka_unit_test(test_empty_elements),
        cmocka_unit_test(test_junk_elements),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_top_level_elements),
        cmocka_unit_test(test_unclean_objects),
        cmocka_unit_test(test_envelopes),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_unsure),
        cmocka_unit_test(test_combined),
        cmocka_unit_test(test_combined_later_in_the_file),
        cmocka_unit_test(test_assuming),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_longest_record),
        cmocka_unit_test(test_window_stays_small),
    };
    return cmocka_run_group_tests_name("json_framer", tests, NULL, NULL);
}
