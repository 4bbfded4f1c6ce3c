/*
 * generate - a made-up school district as a Clever export, for benchmarks and scale tests.
 *
 * Nothing is kept: every record is worked out from (seed, kind, index) when it is written, so
 * memory is one buffer whatever the size of the district, and a record looks the same from
 * everywhere (a section knows its teacher's name without having seen the teacher). Random values
 * come from splitmix64 on 64-bit integers only; the same options give the same bytes everywhere.
 *
 * How the district hangs together (S schools, numbers from 0):
 *
 *   student i, teacher t, section j    belong to school i % S, t % S, j % S
 *   their number inside the school     is i / S, t / S, j / S
 *   section m of a school              meets in period m % 6 and takes chunk m / 6 of that period
 *   a period                           deals all students of the school out to its chunks
 *
 * so everybody sits in six sections of about thirty. From v2.0 on some people ("guests") also
 * belong to the next school: guest students join the sections of its period 0, guest teachers
 * teach there beside the section's own teachers.
 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64 /* a district may take more than 2 GB on 32-bit systems, too */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- names and other vocabulary ---------------------------------------------------------- */

/* Every second person should have a plain name, as in life; the rest is there to hurt. */
struct name {
    const char *text; /* as shown */
    const char *slug; /* ASCII for usernames and addresses; never ends in a digit */
};

/* clang-format off */
static const struct name first_names[] = {
    {"Ada", "ada"}, {"Benjamin", "benjamin"}, {"Carmen", "carmen"}, {"Dexter", "dexter"},
    {"Elena", "elena"}, {"Felix", "felix"}, {"Grace", "grace"}, {"Harold", "harold"},
    {"Imani", "imani"}, {"Jasper", "jasper"}, {"Keisha", "keisha"}, {"Lionel", "lionel"},
    {"Marigold", "marigold"}, {"Nolan", "nolan"}, {"Ophelia", "ophelia"}, {"Percy", "percy"},
    {"Quentin", "quentin"}, {"Rosalind", "rosalind"}, {"Silas", "silas"}, {"Tabitha", "tabitha"},
    {"Ulysses", "ulysses"}, {"Violet", "violet"}, {"Winston", "winston"}, {"Xenia", "xenia"},
    {"Yolanda", "yolanda"}, {"Zachary", "zachary"}, {"Beatrix", "beatrix"}, {"Cyrus", "cyrus"},
    {"Dahlia", "dahlia"}, {"Emmett", "emmett"}, {"Freya", "freya"}, {"Gideon", "gideon"},
    {"Hazel", "hazel"}, {"Isadora", "isadora"}, {"Jonah", "jonah"}, {"Lucille", "lucille"},
    {"José", "jose"}, {"Zoë", "zoe"}, {"François", "francois"}, {"Jürgen", "juergen"},
    {"Søren", "soeren"}, {"Łucja", "lucja"}, {"Đorđe", "djordje"}, {"Þóra", "thora"},
    {"İpek", "ipek"}, {"Nguyệt", "nguyet"}, {"Señan", "senan"}, {"Chloé-Anaïs", "chloe-anais"},
    {"D'Andre", "d'andre"}, {"Mary Ann", "mary-ann"}, {"Jean-Luc", "jean-luc"},
    {"Sinéad", "sinead"},
    {"Дмитрий", "dmitriy"}, {"Ελένη", "eleni"}, {"محمد", "mohamed"}, {"שרה", "sarah"},
    {"अनन्या", "ananya"}, {"明", "ming"}, {"さくら", "sakura"}, {"지우", "jiwoo"},
    {"กานดา", "kanda"}, {"ნინო", "nino"}, {"Sunny 🌻", "sunny"}, {"Max 🦊", "max"},
};

static const struct name last_names[] = {
    {"Abbott", "abbott"}, {"Barlow", "barlow"}, {"Castellan", "castellan"}, {"Dunmore", "dunmore"},
    {"Everhart", "everhart"}, {"Fairweather", "fairweather"}, {"Goldsmith", "goldsmith"},
    {"Holloway", "holloway"}, {"Inglewood", "inglewood"}, {"Jefferies", "jefferies"},
    {"Kirkpatrick", "kirkpatrick"}, {"Lockhart", "lockhart"}, {"Merriweather", "merriweather"},
    {"Norwood", "norwood"}, {"Okonkwo", "okonkwo"}, {"Pemberton", "pemberton"},
    {"Quimby", "quimby"}, {"Ravensworth", "ravensworth"}, {"Somerville", "somerville"},
    {"Thackeray", "thackeray"}, {"Underwood", "underwood"}, {"Vandermeer", "vandermeer"},
    {"Whitcombe", "whitcombe"}, {"Xu", "xu"}, {"Yarborough", "yarborough"},
    {"Zimmerman", "zimmerman"}, {"Ashdown", "ashdown"}, {"Bellweather", "bellweather"},
    {"Cho", "cho"}, {"Delacroix", "delacroix"}, {"Estrada", "estrada"}, {"Fitzroy", "fitzroy"},
    {"García-López", "garcia-lopez"}, {"Núñez", "nunez"}, {"Müller", "mueller"},
    {"Göransson", "goeransson"}, {"Łukaszewicz", "lukaszewicz"}, {"Škvorecký", "skvorecky"},
    {"Çelik", "celik"}, {"Ørsted", "oersted"}, {"Trần", "tran"},
    {"Guðmundsdóttir", "gudmundsdottir"},
    {"O'Connell", "o'connell"}, {"D'Amico", "d'amico"}, {"De la Cruz", "delacruz"},
    {"van der Berg", "vanderberg"}, {"St. Clair", "st.clair"}, {"MacÀidh", "macaidh"},
    {"Кузнецов", "kuznetsov"}, {"Παπαδόπουλος", "papadopoulos"}, {"الهاشمي", "alhashimi"},
    {"לוי", "levi"}, {"शर्मा", "sharma"}, {"王", "wang"}, {"山田", "yamada"}, {"김", "kim"},
    {"ศรีสุข", "srisuk"}, {"გელაშვილი", "gelashvili"}, {"Star ⭐", "star"}, {"Wolf 🐺", "wolf"},
};

static const char *const school_names[] = {
    "Alder Creek", "Bayview", "Copper Hill", "Deer Run", "Eastgate", "Foxglove", "Granite Falls",
    "Harbor Point", "Iron Bridge", "Juniper", "Kestrel Ridge", "Larkspur", "Maple Hollow",
    "Northfield", "Old Mill", "Pine Barren", "Quarry Road", "Red Oak", "Stonecrop", "Tamarack",
    "Upland", "Valley Forge Road", "Willow Bend", "Yarrow", "Zion Street", "Montréal Avenue",
    "Peñasco", "Åsgård", "Sainte-Geneviève", "Kaʻiulani", "Doña Ana", "Fünf Eichen",
    "光明", "Сосновый Бор",
};

static const char *const streets[] = {
    "Amber Street", "Birch Lane", "Cedar Avenue", "Dogwood Court", "Elm Terrace", "Fern Road",
    "Gable Street", "Heron Way", "Ivy Place", "Jackson Boulevard, Apt. 4", "Kiln Road",
    "Lantern Street", "Mill Pond Drive", "Nutmeg Lane", "Orchard Avenue", "Calle Peña",
};

static const struct city {
    const char *name;
    const char *state;
    unsigned zip;   /* the first of its hundred */
    unsigned area;  /* telephone area code */
} cities[] = {
    {"Ashgrove", "OH", 45100, 513}, {"Brightwater", "WA", 98300, 360},
    {"Cañon Alto", "NM", 87500, 505},
    {"Dry Fork", "KY", 41600, 606}, {"Elkhorn Junction", "MT", 59600, 406},
    {"Fairhaven", "MA", 2700, 508},
    {"Gull Island", "ME", 4600, 207}, {"Hickory Gap", "TN", 37600, 423},
};

static const char *const grades[] = {
    "PreKindergarten", "Kindergarten",
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12",
};

/* Schools take turns at being each of these. Grades are places in the table above. */
static const struct level {
    const char *name;
    const char *prefix; /* of the titles of its courses */
    unsigned lowest;
    unsigned highest;
} levels[] = {
    {" Elementary School", "Elementary ", 0, 6},
    {" Middle School", "Middle School ", 7, 9},
    {" High School", "", 10, 13},
};

/* Titles keep clear of the characters that SDS does not like in a section's name. */
static const struct course {
    const char *title;
    const char *subject;
} courses[] = {
    {"Reading and Writing", "english/language arts"}, {"Literature", "english/language arts"},
    {"Algebra", "math"}, {"Geometry", "math"}, {"Life Science", "science"},
    {"Chemistry", "science"},
    {"World History", "social studies"}, {"Civics", "social studies"}, {"Español", "language"},
    {"Français", "language"}, {"Advisory", "homeroom/advisory"},
    {"Credit Recovery", "interventions/online learning"},
    {"Robotics 🤖", "technology and engineering"}, {"Physical Education", "PE and health"},
    {"Studio Art", "arts and music"}, {"Study Hall", "other"},
};

static const struct term {
    const char *name;
    const char *start;
    const char *end;
} terms[] = {
    {"2025-2026", "2025-08-18", "2026-06-12"}, {"Fall", "2025-08-18", "2026-01-16"},
    {"Spring", "2026-01-20", "2026-06-12"}, {"Q1", "2025-08-18", "2025-10-24"},
    {"Q2", "2025-10-27", "2026-01-16"}, {"Q3", "2026-01-20", "2026-03-27"},
    {"Q4", "2026-04-06", "2026-06-12"},
};

static const char *const titles[] = {
    "Mathematics Teacher", "Science Teacher", "English Teacher", "Grade 3 Teacher", "Art Teacher",
    "Special Education Teacher", "Librarian", "Professeur de français",
};

static const char *const races[] = {
    "Caucasian", "Asian", "Black or African American", "American Indian",
    "Hawaiian or Other Pacific Islander", "Two or More Races", "Unknown", "",
};

static const char *const genders[] = {"F", "M", "F", "M", "F", "M", "F", "X"};
static const char *const yes_no[] = {"N", "N", "N", "Y"};
static const char *const lunch[] = {"Paid", "Free", "Reduced", "Paid"};
static const struct language { const char *name; const char *code; } languages[] = {
    {"English", "eng"}, {"Spanish", "spa"}, {"Vietnamese", "vie"}, {"Arabic", "ara"},
};
static const char *const departments[] = {"Office", "Counseling", "Library", "Technology"};
static const char *const relations[] = {"Parent", "Grandparent", "Aunt/Uncle", "Sibling"};
static const char *const phone_types[] = {"Cell", "Home", "Work", "Other"};
/* clang-format on */

/* ---- API versions ------------------------------------------------------------------------ */

enum trait {
    PAGING = 1 << 0,      /* a `paging` object in the first page of a list */
    PASSWORDS = 1 << 1,   /* v1.1: district_password, frl_status, iep_status, own name order */
    FIELDS_12 = 1 << 2,   /* schools, graduation_year, a teacher's state_id, always `teachers` */
    CATALOGUE = 1 << 3,   /* courses and terms are lists of their own; people at several schools */
    FIELDS_21 = 1 << 4,   /* ext, enrollments, gender X */
    USERS = 1 << 5,       /* one list of users with roles; employees have new ids */
    LINKS_FIRST = 1 << 6, /* `links` stands before `data` */
    FIELDS_31 = 1 << 7,   /* lms_status, preferred_name and other private things */
};

#define V2_0 ((unsigned)FIELDS_12 | (unsigned)CATALOGUE)
#define V3_0 (V2_0 | (unsigned)FIELDS_21 | (unsigned)USERS | (unsigned)LINKS_FIRST)

static const struct api {
    const char *version;
    unsigned traits;
} apis[] = {
    {"1.1", PAGING | PASSWORDS},
    {"1.2", PAGING | FIELDS_12},
    {"2.0", V2_0},
    {"2.1", V2_0 | FIELDS_21},
    {"3.0", V3_0},
    {"3.1", V3_0 | FIELDS_31},
};

/* ---- what is to be made ------------------------------------------------------------------ */

enum shape { ENVELOPE, ARRAY, NDJSON, COMBINED, CSV };

static const char *const shapes[] = {"envelope", "array", "ndjson", "combined", "csv"};

/* NOBODY gives ids that no record has. EMPLOYEE is a teacher's id from v3 on. */
enum kind {
    DISTRICT,
    SCHOOL,
    COURSE,
    TERM,
    TEACHER,
    STUDENT,
    SECTION,
    EMPLOYEE,
    STAFF,
    CONTACT,
    STAFF_BEFORE,
    CONTACT_BEFORE,
    NOBODY,
    KINDS
};

struct plan {
    /* options */
    const struct api *api;
    uint64_t students;
    uint64_t seed;
    uint64_t pages;
    enum shape shape;
    bool indent;
    bool one_file;
    bool scattered; /* ids that share nothing but what makes them unique */
    unsigned faulty; /* thousandths of a percent */
    const char *folder;
    /* worked out from them */
    uint64_t schools;
    uint64_t taught; /* the first so many schools have students */
    uint64_t teachers;
    uint64_t sections;
    uint64_t staff;
    uint64_t contacts;
    uint64_t machine[KINDS]; /* the constant middle of a kind's ids */
    uint64_t counter[KINDS]; /* where the counter at their end starts */
};

#define PERIODS 6
#define STUDENTS_MAX 100000000u /* keeps sis ids unique (put_sis_number) */
#define FAULTY_MAX 100000u      /* 100 % */

static bool has(const struct plan *p, enum trait trait)
{
    return (p->api->traits & (unsigned)trait) != 0;
}

/* ---- randomness -------------------------------------------------------------------------- */

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* The finaliser of splitmix64. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

struct rng {
    uint64_t state;
};

/* What a value is drawn for: streams of one record do not disturb each other. */
enum stream { S_PERSON, S_RECORD, S_FAULT, S_CHUNK, S_ID, STREAMS };

static struct rng rng_for(const struct plan *p, enum stream stream, enum kind kind, uint64_t i)
{
    uint64_t lane = (uint64_t)kind * STREAMS + (uint64_t)stream + 1;
    return (struct rng){mix(mix(p->seed + lane * GOLDEN) + i)};
}

static uint64_t rng_next(struct rng *r)
{
    r->state += GOLDEN;
    return mix(r->state);
}

/* A number below n; n is far below 2^32, so the bias does not matter. */
static uint64_t pick(struct rng *r, uint64_t n)
{
    return ((rng_next(r) >> 32) * n) >> 32;
}

#define PICK(r, table) ((table)[pick((r), COUNT(table))])

/* ---- output ------------------------------------------------------------------------------ */

#define OUT_SIZE ((size_t)1 << 18) /* large writes, yet it stays in the cache */

/* A buffered file and the state of the JSON written into it. The first failure sticks in `error`
 * (an errno); from then on everything is thrown away, so only the end of a file needs a check. */
struct out {
    int fd;
    int error;
    bool pretty;    /* layout and \u escapes as Python's json.dump(indent=4) makes them */
    bool cells;     /* CSV: a field is a cell; there are no keys and no objects */
    bool first;     /* nothing yet in the innermost object or array */
    bool expecting; /* a key, or the start of a top-level value, stands right before */
    unsigned depth;
    size_t len;
    char *buf;
};

static void out_flush(struct out *o)
{
    size_t done = 0;
    while (o->error == 0 && done < o->len) {
        ssize_t n = write(o->fd, o->buf + done, o->len - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            o->error = errno;
    }
    o->len = 0;
}

/* Makes room for n bytes, n being far below OUT_SIZE. */
static char *out_room(struct out *o, size_t n)
{
    if (OUT_SIZE - o->len < n)
        out_flush(o);
    return o->buf + o->len;
}

static void put_bytes(struct out *o, const char *bytes, size_t n)
{
    memcpy(out_room(o, n), bytes, n);
    o->len += n;
}

static void put_char(struct out *o, char c)
{
    *out_room(o, 1) = c;
    o->len++;
}

/* Bytes that are JSON already. */
static void put_raw(struct out *o, const char *text)
{
    put_bytes(o, text, strlen(text));
}

/* The lowest `digits` hex digits of v. */
static void put_hex(struct out *o, uint64_t v, unsigned digits)
{
    char *at = out_room(o, digits);
    for (unsigned d = digits; d-- > 0; v >>= 4)
        at[d] = "0123456789abcdef"[v & 15];
    o->len += digits;
}

/* v with leading zeros up to `width`. */
static void put_padded(struct out *o, uint64_t v, size_t width)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0 || sizeof digits - at < width);
    put_bytes(o, digits + at, sizeof digits - at);
}

static void put_number(struct out *o, uint64_t v)
{
    put_padded(o, v, 1);
}

static void put_escape(struct out *o, uint32_t unit)
{
    put_raw(o, "\\u");
    put_hex(o, unit, 4);
}

/* One code point from the tables (so the UTF-8 is sound); returns the bytes it takes. */
static size_t put_code_point(struct out *o, const char *text)
{
    unsigned char lead = (unsigned char)text[0];
    size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? lead : lead & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)text[i] & 0x3f);
    if (n == 1) {
        put_char(o, text[0]);
    } else if (c < 0x10000) {
        put_escape(o, c);
    } else {
        put_escape(o, 0xd800 + ((c - 0x10000) >> 10));
        put_escape(o, 0xdc00 + (c & 0x3ff));
    }
    return n;
}

/* Text from the tables, which hold nothing that JSON has to escape. */
static void put_text(struct out *o, const char *text)
{
    if (!o->pretty) {
        put_raw(o, text);
        return;
    }
    while (*text != '\0')
        text += put_code_point(o, text);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void put_newline(struct out *o)
{
    put_char(o, '\n');
    for (unsigned i = 0; i < o->depth; i++)
        put_bytes(o, "    ", 4);
}

/* Whatever has to stand before a key or a value. */
static void next_item(struct out *o)
{
    if (o->expecting) {
        o->expecting = false;
        return;
    }
    if (!o->first)
        put_char(o, ',');
    o->first = false;
    if (o->pretty)
        put_newline(o);
}

static void top_level(struct out *o)
{
    o->depth = 0;
    o->expecting = true;
}

static void open_json(struct out *o, char bracket)
{
    next_item(o);
    put_char(o, bracket);
    o->depth++;
    o->first = true;
}

static void close_json(struct out *o, char bracket)
{
    o->depth--;
    if (o->pretty && !o->first)
        put_newline(o);
    put_char(o, bracket);
    o->first = false;
}

static void open_string(struct out *o)
{
    next_item(o);
    if (!o->cells)
        put_char(o, '"');
}

static void close_string(struct out *o)
{
    if (!o->cells)
        put_char(o, '"');
}

static void put_key(struct out *o, const char *key)
{
    if (o->cells)
        return;
    open_string(o);
    put_raw(o, key);
    put_bytes(o, "\": ", o->pretty ? 3 : 2);
    o->expecting = true;
}

static void open_object(struct out *o, const char *key)
{
    put_key(o, key);
    open_json(o, '{');
}

static void open_array(struct out *o, const char *key)
{
    put_key(o, key);
    open_json(o, '[');
}

/* open_field, the pieces of the text, close_string. */
static void open_field(struct out *o, const char *key)
{
    put_key(o, key);
    open_string(o);
}

/* Stands on both sides of a text that `part`, a piece of it, may make need quotes in CSV. */
static void put_quote(struct out *o, const char *part)
{
    if (o->cells && strchr(part, ',') != NULL)
        put_char(o, '"');
}

static void text_field(struct out *o, const char *key, const char *text)
{
    open_field(o, key);
    put_text(o, text);
    close_string(o);
}

static void number_field(struct out *o, const char *key, uint64_t v, size_t width)
{
    open_field(o, key);
    put_padded(o, v, width);
    close_string(o);
}

/* For `paging`, the only place where Clever has numbers that are not strings. */
static void bare_number_field(struct out *o, const char *key, uint64_t v)
{
    put_key(o, key);
    next_item(o);
    put_number(o, v);
}

/* ---- the district: who belongs where ----------------------------------------------------- */

/* How many of `total` things dealt out over n heaps are in heap h. */
static uint64_t share(uint64_t total, uint64_t n, uint64_t h)
{
    return (total + n - 1 - h) / n;
}

/* One in `every` members of a school is a guest of the next one: number `every` / 2, and so on. */
#define STUDENT_GUESTS 16u
#define TEACHER_GUESTS 12u

static bool is_guest(const struct plan *p, uint64_t local, uint64_t every)
{
    return has(p, CATALOGUE) && p->taught > 1 && local % every == every / 2;
}

static uint64_t guest_count(const struct plan *p, uint64_t members, uint64_t every)
{
    return has(p, CATALOGUE) && p->taught > 1 ? (members + every - 1 - every / 2) / every : 0;
}

static uint64_t next_school(const struct plan *p, uint64_t school)
{
    return (school + 1) % p->taught;
}

static uint64_t previous_school(const struct plan *p, uint64_t school)
{
    return (school + p->taught - 1) % p->taught;
}

static const struct level *level_of(uint64_t school)
{
    return &levels[school % COUNT(levels)];
}

static unsigned pick_grade(struct rng *r, uint64_t school)
{
    const struct level *level = level_of(school);
    return level->lowest + (unsigned)pick(r, level->highest - level->lowest + 1);
}

struct person {
    const struct name *first;
    const struct name *last;
    unsigned middle; /* 0..25, or more when there is none */
};

static struct person person_of(const struct plan *p, enum kind kind, uint64_t i)
{
    struct rng r = rng_for(p, S_PERSON, kind, i);
    return (struct person){
        .first = &PICK(&r, first_names),
        .last = &PICK(&r, last_names),
        .middle = (unsigned)pick(&r, 30),
    };
}

/* ---- ids --------------------------------------------------------------------------------- */

/* The first eight digits of an ObjectID are seconds; real ones differ by kind like this. */
static const uint64_t id_seconds[KINDS] = {
    [DISTRICT] = 0x58da8a43, [SCHOOL] = 0x58da8c58,       [TERM] = 0x5b423658,
    [COURSE] = 0x5970d4dd,   [TEACHER] = 0x58da8c5d,      [STUDENT] = 0x58da8c63,
    [SECTION] = 0x58da8c6a,  [EMPLOYEE] = 0x5faac8b7,     [STAFF] = 0x5faad000,
    [CONTACT] = 0x5faae000,  [STAFF_BEFORE] = 0x56001c29, [CONTACT_BEFORE] = 0x59b56350,
    [NOBODY] = 0x4fee004c,
};

/* Kinds never share an id: the machine part ends in the kind. */
#define MACHINE_NOISE UINT64_C(0xffffffff00)

static void plan_ids(struct plan *p)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct rng r = rng_for(p, S_ID, (enum kind)kind, 0);
        p->machine[kind] = (rng_next(&r) & MACHINE_NOISE) | kind;
        p->counter[kind] = rng_next(&r) & 0xfffff;
    }
}

#define ID_YEARS UINT64_C(252460800) /* seconds of eight years */
#define ID_SPREAD UINT64_C(0x9e3779b1) /* odd: products modulo 2^24 are a permutation */

/* Unique inside a kind: equal counters are 2^24 records apart, thus many seconds, or (scattered)
 * 60 bits of noise. */
static void put_id_text(struct out *o, const struct plan *p, enum kind kind, uint64_t i)
{
    uint64_t seconds = i / 1000;
    uint64_t machine = p->machine[kind];
    uint64_t counter = p->counter[kind] + i;
    if (p->scattered) {
        struct rng r = rng_for(p, S_ID, kind, i + 1);
        seconds = pick(&r, ID_YEARS);
        machine = (rng_next(&r) & MACHINE_NOISE) | kind;
        counter *= ID_SPREAD;
    }
    put_hex(o, id_seconds[kind] + seconds, 8);
    put_hex(o, machine, 10);
    put_hex(o, counter, 6);
}

static void put_id(struct out *o, const struct plan *p, enum kind kind, uint64_t i)
{
    open_string(o);
    put_id_text(o, p, kind, i);
    close_string(o);
}

static void id_field(struct out *o, const struct plan *p, const char *key, enum kind kind,
                     uint64_t i)
{
    put_key(o, key);
    put_id(o, p, kind, i);
}

static void district_field(struct out *o, const struct plan *p)
{
    id_field(o, p, "district", DISTRICT, 0);
}

static enum kind teacher_kind(const struct plan *p)
{
    return has(p, USERS) ? EMPLOYEE : TEACHER;
}

/* 9 digits for students, 7 for teachers: no student shares one with a teacher. The factor has no
 * divisor in common with the ranges, so no two records get the same. */
static uint64_t sis_number(enum kind kind, uint64_t i)
{
    uint64_t range = kind == STUDENT ? 900000000 : 9000000;
    return range / 9 + (i * 7919 + 4801) % range;
}

/* Like "02M800": leading zeros, and letters in the middle. Unique up to 2.6 million schools. */
static void put_school_number(struct out *o, uint64_t school)
{
    put_padded(o, (school / 26000 + 2) % 100, 2);
    put_char(o, (char)('A' + school / 1000 % 26));
    put_padded(o, school % 1000, 3);
}

/* ---- faults ------------------------------------------------------------------------------ */

enum fault {
    UNKNOWN_GRADE = 1 << 0,
    INVALID_DATE = 1 << 1,
    INVALID_EMAIL = 1 << 2,
    CONTROL_CHARACTER = 1 << 3,
    LONG_NAME = 1 << 4,
    SPECIAL_CHARACTER = 1 << 5,
    MISSING_NAME = 1 << 6,
    MISSING_USERNAME = 1 << 7,
    BAD_USERNAME = 1 << 8,
    SHARED_USERNAME = 1 << 9,
    UNKNOWN_SCHOOL = 1 << 10,
    WRONG_TYPE = 1 << 11,
    UNKNOWN_STUDENT = 1 << 12,
    UNKNOWN_TEACHER = 1 << 13,
    NO_TEACHER = 1 << 14,
    NO_STUDENT = 1 << 15,
    BAD_SUBJECT = 1 << 16,
    UNKNOWN_COURSE = 1 << 17,
    BAD_SIS_ID = 1 << 18,
};

/* The field a fault sits in: a record gets three faults in three different fields, so that each
 * of them can be seen. */
enum spot {
    AT_GRADE = 1 << 0,
    AT_DATE = 1 << 1,
    AT_EMAIL = 1 << 2,
    AT_NAME = 1 << 3,
    AT_USERNAME = 1 << 4,
    AT_SCHOOL = 1 << 5,
    AT_NUMBER = 1 << 6,
    AT_STUDENTS = 1 << 7,
    AT_TEACHERS = 1 << 8,
    AT_SUBJECT = 1 << 9,
    AT_COURSE = 1 << 10,
    AT_SIS_ID = 1 << 11,
};

#define ON(kind) (1u << (unsigned)(kind))
#define ON_PEOPLE (ON(STUDENT) | ON(TEACHER))

/* Schools get only what leaves them usable: one lost school would take a thousand people along
 * and bury the other faults. */
/* clang-format off */
static const struct fault_row {
    unsigned fault;
    unsigned spot;
    unsigned kinds;
    unsigned traits; /* the version must have one of these; 0: any version */
    const char *text;
} fault_table[] = {
    {UNKNOWN_GRADE, AT_GRADE, ON(STUDENT) | ON(SCHOOL), 0, "a grade that is none"},
    {INVALID_DATE, AT_DATE, ON(STUDENT), 0, "a date of birth that is not in the calendar"},
    {INVALID_DATE, AT_DATE, ON(SECTION), PAGING, "the same for a term's start (v1.x)"},
    {INVALID_EMAIL, AT_EMAIL, ON_PEOPLE | ON(SCHOOL), 0, "an email address without @"},
    {CONTROL_CHARACTER, AT_NAME, ON_PEOPLE | ON(SCHOOL) | ON(SECTION), 0, "a \\u0007 in a name"},
    {LONG_NAME, AT_NAME, ON_PEOPLE, 0, "a last name far too long"},
    {SPECIAL_CHARACTER, AT_NAME, ON(SCHOOL) | ON(SECTION), 0, "\"#*?\" in a name"},
    {MISSING_NAME, AT_NAME, ON(SECTION), 0, "an empty name"},
    {MISSING_USERNAME, AT_USERNAME, ON_PEOPLE, 0, "credentials without username"},
    {BAD_USERNAME, AT_USERNAME, ON_PEOPLE, 0, "a username with a space and brackets"},
    {SHARED_USERNAME, AT_USERNAME, ON_PEOPLE, 0, "a username that others have, too"},
    {UNKNOWN_SCHOOL, AT_SCHOOL, ON_PEOPLE | ON(SECTION), 0, "a school that does not exist"},
    {WRONG_TYPE, AT_NUMBER, ON_PEOPLE | ON(SECTION), 0, "an object where a number belongs"},
    {UNKNOWN_STUDENT, AT_STUDENTS, ON(SECTION), 0, "a student more who does not exist"},
    {NO_STUDENT, AT_STUDENTS, ON(SECTION), 0, "an empty list of students"},
    {UNKNOWN_TEACHER, AT_TEACHERS, ON(SECTION), 0, "a teacher more who does not exist"},
    {NO_TEACHER, AT_TEACHERS, ON(SECTION), 0, "no teacher"},
    {BAD_SUBJECT, AT_SUBJECT, ON(SECTION), 0, "a subject that is none"},
    {UNKNOWN_COURSE, AT_COURSE, ON(SECTION), CATALOGUE, "course and term that do not exist (v2+)"},
    {BAD_SIS_ID, AT_SIS_ID, ON(SECTION), 0, "a sis_id with a space and a slash"},
};
/* clang-format on */

#define FAULTS_EACH 3

static bool fault_fits(const struct plan *p, const struct fault_row *row, enum kind kind)
{
    return (row->kinds & ON(kind)) != 0 && (row->traits == 0 || (row->traits & p->api->traits));
}

/* The faults of a record, as a set of enum fault; 0 for most. Every kind with faults has them in
 * more than FAULTS_EACH - 1 spots, so the loop ends. */
static unsigned faults_of(const struct plan *p, enum kind kind, uint64_t i)
{
    if (p->faulty == 0)
        return 0;
    struct rng r = rng_for(p, S_FAULT, kind, i);
    if (pick(&r, FAULTY_MAX) >= p->faulty)
        return 0;
    unsigned faults = 0;
    unsigned spots = 0;
    for (unsigned n = 0; n < FAULTS_EACH;) {
        const struct fault_row *row = &PICK(&r, fault_table);
        if (!fault_fits(p, row, kind) || (spots & row->spot) != 0)
            continue;
        faults |= row->fault;
        spots |= row->spot;
        n++;
    }
    return faults;
}

static bool broken(unsigned faults, enum fault fault)
{
    return (faults & (unsigned)fault) != 0;
}

/* ---- pieces of records ------------------------------------------------------------------- */

static void time_field(struct out *o, const char *key, const char *month, uint64_t noise)
{
    open_field(o, key);
    put_raw(o, month);
    put_padded(o, 1 + noise % 28, 2);
    put_char(o, 'T');
    put_padded(o, noise / 28 % 24, 2);
    put_char(o, ':');
    put_padded(o, noise / 1000 % 60, 2);
    put_char(o, ':');
    put_padded(o, noise / 100000 % 60, 2);
    put_char(o, '.');
    put_padded(o, noise / 10000000 % 1000, 3);
    put_char(o, 'Z');
    close_string(o);
}

static void created_field(struct out *o, uint64_t noise)
{
    time_field(o, "created", "2025-07-", noise);
}

static void modified_field(struct out *o, uint64_t noise)
{
    time_field(o, "last_modified", "2025-09-", noise >> 20);
}

/* 555-01nn are the numbers that nobody has. */
static void phone_field(struct out *o, uint64_t noise)
{
    open_field(o, "phone");
    put_char(o, '(');
    put_number(o, cities[noise % COUNT(cities)].area);
    put_raw(o, ") 555-01");
    put_padded(o, noise / COUNT(cities) % 100, 2);
    close_string(o);
}

static void place_fields(struct out *o, uint64_t noise)
{
    const struct city *city = &cities[noise % COUNT(cities)];
    const char *street = streets[(noise >> 32) % COUNT(streets)];
    open_field(o, "address");
    put_quote(o, street);
    put_number(o, 1 + (noise >> 8) % 9999);
    put_char(o, ' ');
    put_text(o, street);
    put_quote(o, street);
    close_string(o);
    text_field(o, "city", city->name);
    text_field(o, "state", city->state);
    number_field(o, "zip", city->zip + (noise >> 40) % 100, 5);
}

static void location_field(struct out *o, uint64_t noise)
{
    open_object(o, "location");
    place_fields(o, noise);
    close_json(o, '}');
}

static void ext_field(struct out *o, const struct plan *p, const char *key, const char *value)
{
    if (!has(p, FIELDS_21))
        return;
    open_object(o, "ext");
    text_field(o, key, value);
    close_json(o, '}');
}

static void number_or_fault(struct out *o, const char *key, uint64_t v, unsigned faults)
{
    if (!broken(faults, WRONG_TYPE)) {
        number_field(o, key, v, 1);
        return;
    }
    open_object(o, key);
    number_field(o, "value", v, 1);
    close_json(o, '}');
}

static void last_name_field(struct out *o, const struct person *who, unsigned faults)
{
    open_field(o, "last");
    put_text(o, who->last->text);
    for (unsigned i = 0; broken(faults, LONG_NAME) && i < 40; i++) {
        put_char(o, '-');
        put_text(o, who->last->text);
    }
    if (broken(faults, CONTROL_CHARACTER))
        put_raw(o, "\\u0007Jr.");
    close_string(o);
}

static void middle_name_field(struct out *o, const struct person *who)
{
    open_field(o, "middle");
    if (who->middle < 26)
        put_char(o, (char)('A' + who->middle));
    close_string(o);
}

static void name_fields(struct out *o, const struct person *who, unsigned faults)
{
    open_object(o, "name");
    text_field(o, "first", who->first->text);
    last_name_field(o, who, faults);
    middle_name_field(o, who);
    close_json(o, '}');
}

/* Apostrophes are good in a username, but not every mail system likes them. */
static void put_mail_slug(struct out *o, const char *slug)
{
    for (; *slug != '\0'; slug++)
        if (*slug != '\'')
            put_char(o, *slug);
}

/* What tells logins of different kinds apart; inside a kind the record's index does. */
static const struct account {
    char joint;
    const char *tail;
    const char *host;
} accounts[KINDS] = {
    [STUDENT] = {'.', "", "students.example.org"},
    [TEACHER] = {'_', "", "staff.example.org"},
    [STAFF] = {'-', "-s", "staff.example.org"},
    [CONTACT] = {'.', "-c", "home.example.org"},
};

static void email_field(struct out *o, enum kind kind, const struct person *who, uint64_t i,
                        unsigned faults)
{
    open_field(o, "email");
    put_mail_slug(o, who->first->slug);
    put_char(o, accounts[kind].joint);
    put_mail_slug(o, who->last->slug);
    put_raw(o, accounts[kind].tail);
    put_number(o, i);
    put_char(o, broken(faults, INVALID_EMAIL) ? '.' : '@');
    put_raw(o, accounts[kind].host);
    close_string(o);
}

static void put_username(struct out *o, enum kind kind, const struct person *who, uint64_t i)
{
    const char *slug = who->first->slug;
    bool capital = i % 16 == 5; /* letter case is the district's habit, not the person's */
    put_char(o, capital ? (char)(*slug & ~0x20) : *slug);
    put_raw(o, slug + 1);
    put_char(o, accounts[kind].joint);
    put_raw(o, who->last->slug);
    put_raw(o, accounts[kind].tail);
    put_number(o, i);
}

static void username_field(struct out *o, enum kind kind, const struct person *who, uint64_t i,
                           unsigned faults)
{
    open_field(o, "district_username");
    if (broken(faults, SHARED_USERNAME))
        put_raw(o, "shared.login");
    else
        put_username(o, kind, who, i);
    if (broken(faults, BAD_USERNAME))
        put_raw(o, " (old)");
    close_string(o);
}

/* The real v1.1 answers have the password first for teachers and last for students. */
static void credentials_field(struct out *o, const struct plan *p, enum kind kind, uint64_t i,
                              unsigned faults)
{
    struct person who = person_of(p, kind, i);
    open_object(o, "credentials");
    if (!broken(faults, MISSING_USERNAME)) {
        if (has(p, PASSWORDS) && kind == TEACHER)
            text_field(o, "district_password", "not-a-password");
        username_field(o, kind, &who, i, faults);
        if (has(p, PASSWORDS) && kind == STUDENT)
            text_field(o, "district_password", "not-a-password");
    }
    close_json(o, '}');
}

/* Where somebody belongs: `school`, and from v1.2 on `schools`. */
static void school_fields(struct out *o, const struct plan *p, uint64_t school, bool guest,
                          unsigned faults)
{
    enum kind kind = broken(faults, UNKNOWN_SCHOOL) ? NOBODY : SCHOOL;
    id_field(o, p, "school", kind, school);
    if (!has(p, FIELDS_12))
        return;
    open_array(o, "schools");
    put_id(o, p, kind, school);
    if (guest)
        put_id(o, p, kind, next_school(p, school));
    close_json(o, ']');
}

/* ---- schools, courses, terms ------------------------------------------------------------- */

static void school_name_field(struct out *o, uint64_t school, unsigned faults)
{
    uint64_t round = school / COUNT(levels) / COUNT(school_names);
    open_field(o, "name");
    put_text(o, school_names[school / COUNT(levels) % COUNT(school_names)]);
    put_raw(o, level_of(school)->name);
    if (round > 0) {
        put_raw(o, " No. ");
        put_number(o, round + 1);
    }
    if (broken(faults, SPECIAL_CHARACTER))
        put_raw(o, " #*?");
    if (broken(faults, CONTROL_CHARACTER))
        put_raw(o, "\\u0007North");
    close_string(o);
}

static void principal_fields(struct out *o, const struct plan *p, uint64_t school, unsigned faults)
{
    struct person who = person_of(p, SCHOOL, school);
    open_field(o, "name");
    put_text(o, who.first->text);
    put_char(o, ' ');
    put_text(o, who.last->text);
    close_string(o);
    open_field(o, "email");
    put_raw(o, "principal.");
    put_school_number(o, school);
    put_char(o, broken(faults, INVALID_EMAIL) ? '.' : '@');
    put_raw(o, "example.org");
    close_string(o);
}

static void principal_field(struct out *o, const struct plan *p, uint64_t school, unsigned faults)
{
    open_object(o, "principal");
    principal_fields(o, p, school, faults);
    close_json(o, '}');
}

static void school_number_field(struct out *o, const char *key, uint64_t school)
{
    open_field(o, key);
    put_school_number(o, school);
    close_string(o);
}

static void put_school(struct out *o, const struct plan *p, uint64_t i)
{
    unsigned faults = faults_of(p, SCHOOL, i);
    struct rng r = rng_for(p, S_RECORD, SCHOOL, i);
    uint64_t noise = rng_next(&r);
    const struct level *level = level_of(i);
    open_json(o, '{');
    created_field(o, noise);
    district_field(o, p);
    ext_field(o, p, "charter_school", PICK(&r, yes_no));
    text_field(o, "high_grade", grades[level->highest]);
    modified_field(o, noise);
    location_field(o, rng_next(&r));
    text_field(o, "low_grade", broken(faults, UNKNOWN_GRADE) ? "low" : grades[level->lowest]);
    school_name_field(o, i, faults);
    number_field(o, "nces_id", 360000000000 + i, 12);
    phone_field(o, rng_next(&r));
    principal_field(o, p, i, faults);
    school_number_field(o, "school_number", i);
    school_number_field(o, "sis_id", i);
    number_field(o, "state_id", 10000 + i, 1);
    id_field(o, p, "id", SCHOOL, i);
    close_json(o, '}');
}

/* Every school has all the courses: number k of school s is record s * COUNT(courses) + k. */
static void course_name_field(struct out *o, const char *key, uint64_t school, uint64_t course)
{
    open_field(o, key);
    put_raw(o, level_of(school)->prefix);
    put_text(o, courses[course].title);
    close_string(o);
}

static void put_course(struct out *o, const struct plan *p, uint64_t i)
{
    uint64_t course = i % COUNT(courses);
    open_json(o, '{');
    district_field(o, p);
    course_name_field(o, "name", i / COUNT(courses), course);
    number_field(o, "number", 101 + course, 1);
    id_field(o, p, "id", COURSE, i);
    close_json(o, '}');
}

static void put_term(struct out *o, const struct plan *p, uint64_t i)
{
    open_json(o, '{');
    district_field(o, p);
    text_field(o, "end_date", terms[i].end);
    text_field(o, "name", terms[i].name);
    text_field(o, "start_date", terms[i].start);
    id_field(o, p, "id", TERM, i);
    close_json(o, '}');
}

/* ---- students ---------------------------------------------------------------------------- */

/* Drawn all at once, in one order, so that a student is the same in every version. */
struct student {
    uint64_t i;
    unsigned faults;
    struct person who;
    uint64_t school;
    bool guest;
    unsigned grade;
    unsigned month;
    unsigned day;
    const char *ell;
    const char *hispanic;
    const char *gender;
    const char *race;
    const char *gifted;
    const char *frl;
    const char *iep;
    const struct language *language;
    uint64_t state_id;
    uint64_t place;
    uint64_t noise;
};

static struct student student_of(const struct plan *p, uint64_t i)
{
    struct student s = {.i = i, .faults = faults_of(p, STUDENT, i)};
    struct rng r = rng_for(p, S_RECORD, STUDENT, i);
    s.who = person_of(p, STUDENT, i);
    s.school = i % p->schools;
    s.guest = is_guest(p, i / p->schools, STUDENT_GUESTS);
    s.grade = pick_grade(&r, s.school);
    s.month = 1 + (unsigned)pick(&r, 12);
    s.day = 1 + (unsigned)pick(&r, 28);
    s.ell = PICK(&r, yes_no);
    s.hispanic = PICK(&r, yes_no);
    s.gender = PICK(&r, genders);
    s.race = PICK(&r, races);
    s.gifted = PICK(&r, yes_no);
    s.frl = PICK(&r, lunch);
    s.iep = PICK(&r, yes_no);
    s.language = &PICK(&r, languages);
    s.state_id = 100000000 + pick(&r, 900000000);
    s.place = rng_next(&r);
    s.noise = rng_next(&r);
    return s;
}

/* Pre-kindergarten (grade 0 here) of 2025-26 was born in 2021. */
static void dob_field(struct out *o, const struct student *s)
{
    open_field(o, "dob");
    if (broken(s->faults, INVALID_DATE)) {
        put_raw(o, "2/30/");
    } else {
        put_number(o, s->month);
        put_char(o, '/');
        put_number(o, s->day);
        put_char(o, '/');
    }
    put_number(o, 2021 - s->grade);
    close_string(o);
}

static void grade_field(struct out *o, const struct student *s)
{
    text_field(o, "grade", broken(s->faults, UNKNOWN_GRADE) ? "Grade Nine" : grades[s->grade]);
}

/* Recorded answers have an empty list; one in eight shows what the schema allows. */
static void enrollments_field(struct out *o, const struct plan *p, const struct student *s)
{
    if (!has(p, FIELDS_21))
        return;
    open_array(o, "enrollments");
    if (s->noise % 8 == 0 && !broken(s->faults, UNKNOWN_SCHOOL)) {
        open_json(o, '{');
        text_field(o, "end_date", terms[0].end);
        id_field(o, p, "school", SCHOOL, s->school);
        text_field(o, "start_date", terms[0].start);
        close_json(o, '}');
    }
    close_json(o, ']');
}

static uint64_t graduation_year(const struct student *s)
{
    return 2026 + COUNT(grades) - 1 - s->grade;
}

/* `ext` holds what a district likes to add. */
static void student_ext_field(struct out *o, const struct plan *p, const struct student *s)
{
    if (!has(p, FIELDS_21))
        return;
    open_object(o, "ext");
    open_field(o, "bus_route");
    put_raw(o, "Route ");
    put_number(o, 1 + (s->noise >> 8) % 80);
    put_raw(o, " AM");
    close_string(o);
    open_field(o, "cohort");
    put_raw(o, "Class of ");
    put_number(o, graduation_year(s));
    close_string(o);
    text_field(o, "counselor", last_names[(s->noise >> 16) % COUNT(last_names)].text);
    text_field(o, "gifted_status", s->gifted);
    open_field(o, "homeroom");
    put_raw(o, "Room ");
    put_number(o, 100 + (s->noise >> 24) % 300);
    close_string(o);
    number_field(o, "locker", 1000 + (s->noise >> 32) % 9000, 5);
    number_field(o, "lunch_account", 400000000 + s->i, 9);
    close_json(o, '}');
}

static void gender_field(struct out *o, const struct plan *p, const struct student *s)
{
    text_field(o, "gender", s->gender[0] == 'X' && !has(p, FIELDS_21) ? "" : s->gender);
}

static void graduation_field(struct out *o, const struct plan *p, const struct student *s)
{
    if (has(p, FIELDS_12))
        number_field(o, "graduation_year", graduation_year(s), 1);
}

static void v11_private_field(struct out *o, const struct plan *p, const char *key, const char *v)
{
    if (has(p, PASSWORDS))
        text_field(o, key, v);
}

/* The v1.1 answers have the middle name in the middle. */
static void student_name_field(struct out *o, const struct plan *p, const struct student *s)
{
    if (!has(p, PASSWORDS)) {
        name_fields(o, &s->who, s->faults);
        return;
    }
    open_object(o, "name");
    text_field(o, "first", s->who.first->text);
    middle_name_field(o, &s->who);
    last_name_field(o, &s->who, s->faults);
    close_json(o, '}');
}

static void student_numbers(struct out *o, const struct student *s)
{
    uint64_t sis_id = sis_number(STUDENT, s->i);
    number_field(o, "sis_id", sis_id, 1);
    number_field(o, "state_id", s->state_id, 1);
    number_or_fault(o, "student_number", sis_id, s->faults);
}

/* v1 and v2: everything at the top, by alphabet, the id last. */
static void put_student(struct out *o, const struct plan *p, uint64_t i)
{
    struct student s = student_of(p, i);
    open_json(o, '{');
    created_field(o, s.noise);
    credentials_field(o, p, STUDENT, i, s.faults);
    district_field(o, p);
    dob_field(o, &s);
    text_field(o, "ell_status", s.ell);
    email_field(o, STUDENT, &s.who, i, s.faults);
    enrollments_field(o, p, &s);
    student_ext_field(o, p, &s);
    v11_private_field(o, p, "frl_status", s.frl);
    gender_field(o, p, &s);
    grade_field(o, &s);
    graduation_field(o, p, &s);
    text_field(o, "hispanic_ethnicity", s.hispanic);
    v11_private_field(o, p, "iep_status", s.iep);
    modified_field(o, s.noise);
    location_field(o, s.place);
    student_name_field(o, p, &s);
    text_field(o, "race", s.race);
    school_fields(o, p, s.school, s.guest, s.faults);
    student_numbers(o, &s);
    id_field(o, p, "id", STUDENT, i);
    close_json(o, '}');
}

static void v31_student_fields(struct out *o, const struct plan *p, const struct student *s)
{
    if (!has(p, FIELDS_31))
        return;
    text_field(o, "frl_status", s->frl);
    text_field(o, "gifted_status", s->gifted);
    text_field(o, "home_language", s->language->name);
    text_field(o, "home_language_code", s->language->code);
    text_field(o, "iep_status", s->iep);
    text_field(o, "section_504_status", "N");
    if (s->noise % 10 != 0)
        return;
    open_object(o, "preferred_name");
    open_field(o, "first");
    put_text(o, s->who.first->text);
    put_text(o, "ito");
    close_string(o);
    text_field(o, "last", s->who.last->text);
    close_json(o, '}');
}

static void put_student_role(struct out *o, const struct plan *p, const struct student *s)
{
    open_object(o, "student");
    credentials_field(o, p, STUDENT, s->i, s->faults);
    dob_field(o, s);
    text_field(o, "ell_status", s->ell);
    enrollments_field(o, p, s);
    student_ext_field(o, p, s);
    gender_field(o, p, s);
    grade_field(o, s);
    graduation_field(o, p, s);
    text_field(o, "hispanic_ethnicity", s->hispanic);
    location_field(o, s->place);
    v31_student_fields(o, p, s);
    text_field(o, "race", s->race);
    school_fields(o, p, s->school, s->guest, s->faults);
    student_numbers(o, s);
    email_field(o, STUDENT, &s->who, s->i, s->faults);
    close_json(o, '}');
}

/* v3 users: the person at the top, the rest in the role. */
static void put_student_user(struct out *o, const struct plan *p, uint64_t i)
{
    struct student s = student_of(p, i);
    open_json(o, '{');
    created_field(o, s.noise);
    district_field(o, p);
    email_field(o, STUDENT, &s.who, i, s.faults);
    modified_field(o, s.noise);
    name_fields(o, &s.who, s.faults);
    id_field(o, p, "id", STUDENT, i);
    open_object(o, "roles");
    put_student_role(o, p, &s);
    close_json(o, '}');
    close_json(o, '}');
}

/* ---- teachers ---------------------------------------------------------------------------- */

struct teacher {
    uint64_t i;
    unsigned faults;
    struct person who;
    uint64_t school;
    bool guest;
    const char *title;
    const char *permissions;
    uint64_t number;
    uint64_t state_id;
    uint64_t noise;
};

static struct teacher teacher_of(const struct plan *p, uint64_t i)
{
    struct teacher t = {.i = i, .faults = faults_of(p, TEACHER, i)};
    struct rng r = rng_for(p, S_RECORD, TEACHER, i);
    t.who = person_of(p, TEACHER, i);
    t.school = i % p->schools;
    /* only a school with sections can have guests */
    t.guest = t.school < p->taught && is_guest(p, i / p->schools, TEACHER_GUESTS);
    t.title = PICK(&r, titles);
    t.permissions = PICK(&r, yes_no);
    t.number = 100000 + pick(&r, 900000);
    t.state_id = 100000000 + pick(&r, 900000000);
    t.noise = rng_next(&r);
    return t;
}

static void teacher_numbers(struct out *o, const struct plan *p, const struct teacher *t)
{
    number_field(o, "sis_id", sis_number(TEACHER, t->i), 1);
    if (has(p, FIELDS_12))
        number_field(o, "state_id", t->state_id, 1);
    number_or_fault(o, "teacher_number", t->number, t->faults);
    text_field(o, "title", t->title);
}

static void put_teacher(struct out *o, const struct plan *p, uint64_t i)
{
    struct teacher t = teacher_of(p, i);
    open_json(o, '{');
    created_field(o, t.noise);
    credentials_field(o, p, TEACHER, i, t.faults);
    district_field(o, p);
    email_field(o, TEACHER, &t.who, i, t.faults);
    ext_field(o, p, "admin_permissions", t.permissions);
    modified_field(o, t.noise);
    name_fields(o, &t.who, t.faults);
    school_fields(o, p, t.school, t.guest, t.faults);
    teacher_numbers(o, p, &t);
    id_field(o, p, "id", TEACHER, i);
    close_json(o, '}');
}

static void put_teacher_role(struct out *o, const struct plan *p, const struct teacher *t)
{
    open_object(o, "teacher");
    credentials_field(o, p, TEACHER, t->i, t->faults);
    ext_field(o, p, "admin_permissions", t->permissions);
    school_fields(o, p, t->school, t->guest, t->faults);
    teacher_numbers(o, p, t);
    id_field(o, p, "legacy_id", TEACHER, t->i);
    close_json(o, '}');
}

static void put_staff_role(struct out *o, const struct plan *p, enum kind login, uint64_t i,
                           uint64_t school)
{
    open_object(o, "staff");
    credentials_field(o, p, login, i, 0);
    text_field(o, "department", departments[i % COUNT(departments)]);
    open_array(o, "roles");
    close_json(o, ']');
    open_array(o, "schools");
    put_id(o, p, SCHOOL, school);
    close_json(o, ']');
    number_field(o, "staff_id", 500000 + i, 1);
    text_field(o, "title", "Office Manager");
    id_field(o, p, "legacy_id", login == TEACHER ? TEACHER : STAFF_BEFORE, i);
    close_json(o, '}');
}

/* Some teachers are staff as well; in some others the unused role is there, but null. */
static void put_teacher_user(struct out *o, const struct plan *p, uint64_t i)
{
    struct teacher t = teacher_of(p, i);
    open_json(o, '{');
    created_field(o, t.noise);
    district_field(o, p);
    email_field(o, TEACHER, &t.who, i, t.faults);
    modified_field(o, t.noise);
    name_fields(o, &t.who, t.faults);
    id_field(o, p, "id", EMPLOYEE, i);
    open_object(o, "roles");
    put_teacher_role(o, p, &t);
    if (i % 25 == 3) {
        put_staff_role(o, p, TEACHER, i, t.school);
    } else if (i % 25 == 4) {
        put_key(o, "district_admin");
        next_item(o);
        put_raw(o, "null");
    }
    close_json(o, '}');
    close_json(o, '}');
}

/* ---- users who are neither students nor teachers ----------------------------------------- */

static void user_head(struct out *o, const struct plan *p, enum kind kind, uint64_t i)
{
    struct rng r = rng_for(p, S_RECORD, kind, i);
    struct person who = person_of(p, kind, i);
    uint64_t noise = rng_next(&r);
    created_field(o, noise);
    district_field(o, p);
    email_field(o, kind, &who, i, 0);
    modified_field(o, noise);
    if (kind == STAFF) {
        name_fields(o, &who, 0);
    } else { /* contacts have their whole name in the last one */
        open_object(o, "name");
        open_field(o, "last");
        put_text(o, who.first->text);
        put_char(o, ' ');
        put_text(o, who.last->text);
        close_string(o);
        close_json(o, '}');
    }
    id_field(o, p, "id", kind, i);
}

static void put_staff_user(struct out *o, const struct plan *p, uint64_t i)
{
    open_json(o, '{');
    user_head(o, p, STAFF, i);
    open_object(o, "roles");
    if (i % 8 != 7) {
        put_staff_role(o, p, STAFF, i, i % p->schools);
    } else {
        open_object(o, "district_admin");
        text_field(o, "title", "Data Manager");
        id_field(o, p, "legacy_id", STAFF_BEFORE, i);
        close_json(o, '}');
    }
    close_json(o, '}');
    close_json(o, '}');
}

static void put_relationship(struct out *o, const struct plan *p, uint64_t contact,
                             uint64_t student)
{
    open_json(o, '{');
    text_field(o, "relationship", relations[contact % COUNT(relations)]);
    id_field(o, p, "student", STUDENT, student);
    text_field(o, "type", "Parent/Guardian");
    close_json(o, '}');
}

#define STUDENTS_PER_CONTACT 10u

static void put_contact_user(struct out *o, const struct plan *p, uint64_t i)
{
    uint64_t student = i * STUDENTS_PER_CONTACT;
    open_json(o, '{');
    user_head(o, p, CONTACT, i);
    open_object(o, "roles");
    open_object(o, "contact");
    phone_field(o, mix(i));
    text_field(o, "phone_type", phone_types[i % COUNT(phone_types)]);
    number_field(o, "sis_id", 70000000 + i, 1);
    open_array(o, "student_relationships");
    put_relationship(o, p, i, student);
    if (i % 4 == 1 && student + 1 < p->students)
        put_relationship(o, p, i, student + 1);
    close_json(o, ']');
    id_field(o, p, "legacy_id", CONTACT_BEFORE, i);
    close_json(o, '}');
    close_json(o, '}');
    close_json(o, '}');
}

/* ---- sections ---------------------------------------------------------------------------- */

#define TEACHERS_MAX 4
#define MEMBERS_MAX 512 /* no class has over 80 (see plan_counts): this is the safe side */

struct section {
    uint64_t i;
    unsigned faults;
    uint64_t school;
    uint64_t local; /* its number inside the school */
    uint64_t course;
    size_t term;
    unsigned grade;
    uint64_t teachers[TEACHERS_MAX];
    size_t teacher_count;
    uint64_t noise;
};

/* As in the recorded districts: one section in eight has two to four teachers. */
static size_t pick_teacher_count(struct rng *r, uint64_t available)
{
    uint64_t dice = pick(r, 100);
    size_t wanted = dice < 6 ? 2 : dice < 11 ? 3 : dice < 12 ? 4 : 1;
    return wanted < available ? wanted : (size_t)available;
}

/* Neighbours teach together; now and then the last of them is a guest from the school before. */
static void assign_teachers(const struct plan *p, struct section *s, struct rng *r)
{
    uint64_t available = share(p->teachers, p->schools, s->school);
    uint64_t from = previous_school(p, s->school);
    uint64_t guests = guest_count(p, share(p->teachers, p->schools, from), TEACHER_GUESTS);
    s->teacher_count = pick_teacher_count(r, available);
    for (size_t k = 0; k < s->teacher_count; k++)
        s->teachers[k] = s->school + (s->local + k) % available * p->schools;
    bool guest = pick(r, 4) == 0;
    if (guest && s->teacher_count > 1 && guests > 0) {
        uint64_t local = pick(r, guests) * TEACHER_GUESTS + TEACHER_GUESTS / 2;
        s->teachers[s->teacher_count - 1] = from + local * p->schools;
    }
}

static struct section section_of(const struct plan *p, uint64_t i)
{
    struct section s = {.i = i, .faults = faults_of(p, SECTION, i)};
    struct rng r = rng_for(p, S_RECORD, SECTION, i);
    s.school = i % p->taught;
    s.local = i / p->taught;
    s.course = pick(&r, COUNT(courses));
    s.term = pick(&r, 3) != 0 ? 0 : pick(&r, COUNT(terms)); /* mostly the whole year */
    s.grade = pick_grade(&r, s.school);
    s.noise = rng_next(&r);
    assign_teachers(p, &s, &r);
    return s;
}

/* Where chunk c of a period begins among n students in `chunks` chunks. The middle boundaries
 * move by up to a third of a chunk, so class sizes differ and none is empty. */
static uint64_t chunk_start(const struct plan *p, const struct section *s, uint64_t c, uint64_t n,
                            uint64_t chunks)
{
    if (c == 0 || c == chunks)
        return c == 0 ? 0 : n;
    uint64_t reach = n / chunks / 3;
    uint64_t period = s->school * PERIODS + s->local % PERIODS;
    struct rng r = rng_for(p, S_CHUNK, SECTION, period << 32 | c);
    return c * n / chunks + pick(&r, 2 * reach + 1) - reach;
}

/* Each period shuffles the school's students by its own stride. Primes above any school's size
 * share no divisor with it, so every student is dealt out exactly once a period. */
static const uint64_t strides[PERIODS] = {100621, 200383, 300277, 400723, 600449, 500173};

/* Ids ascend with the index, and Clever lists members by id. Short lists: insertion sort. */
static void sort_members(uint64_t *members, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t m = members[i];
        size_t at = i;
        for (; at > 0 && members[at - 1] > m; at--)
            members[at] = members[at - 1];
        members[at] = m;
    }
}

/* Fills in the students of a section; the last ones may be guests from the school before. */
static size_t members_of(const struct plan *p, const struct section *s, uint64_t *members)
{
    uint64_t period = s->local % PERIODS;
    uint64_t c = s->local / PERIODS;
    uint64_t sections = share(p->sections, p->taught, s->school);
    uint64_t chunks = share(sections, PERIODS, period);
    uint64_t n = share(p->students, p->schools, s->school);
    uint64_t end = chunk_start(p, s, c + 1, n, chunks);
    size_t count = 0;
    for (uint64_t x = chunk_start(p, s, c, n, chunks); x < end && count < MEMBERS_MAX; x++)
        members[count++] = s->school + x * strides[period] % n * p->schools;
    uint64_t from = previous_school(p, s->school);
    uint64_t guests = guest_count(p, share(p->students, p->schools, from), STUDENT_GUESTS);
    if (period == 0) {
        end = (c + 1) * guests / chunks;
        for (uint64_t g = c * guests / chunks; g < end && count < MEMBERS_MAX; g++)
            members[count++] = from + (g * STUDENT_GUESTS + STUDENT_GUESTS / 2) * p->schools;
    }
    sort_members(members, count);
    return count;
}

static void students_field(struct out *o, const struct plan *p, const struct section *s)
{
    uint64_t members[MEMBERS_MAX];
    size_t count = broken(s->faults, NO_STUDENT) ? 0 : members_of(p, s, members);
    open_array(o, "students");
    for (size_t k = 0; k < count; k++)
        put_id(o, p, STUDENT, members[k]);
    if (broken(s->faults, UNKNOWN_STUDENT))
        put_id(o, p, NOBODY, s->i);
    close_json(o, ']');
}

/* v1.1 answers name the one teacher; the list is there only when it has more to say. */
static void teacher_fields(struct out *o, const struct plan *p, const struct section *s)
{
    bool stranger = broken(s->faults, UNKNOWN_TEACHER);
    size_t count = broken(s->faults, NO_TEACHER) ? 0 : s->teacher_count;
    if (count > 0)
        id_field(o, p, "teacher", teacher_kind(p), s->teachers[0]);
    if (!has(p, FIELDS_12) && count < 2 && !stranger)
        return;
    open_array(o, "teachers");
    for (size_t k = 0; k < count; k++)
        put_id(o, p, teacher_kind(p), s->teachers[k]);
    if (stranger)
        put_id(o, p, NOBODY, s->i);
    close_json(o, ']');
}

/* "course - teacher - period" as Clever makes them up; v1 has the district's own name. */
static void section_name_field(struct out *o, const struct plan *p, const struct section *s)
{
    open_field(o, "name");
    if (!broken(s->faults, MISSING_NAME)) {
        struct person teacher = person_of(p, TEACHER, s->teachers[0]);
        put_raw(o, level_of(s->school)->prefix);
        put_text(o, courses[s->course].title);
        put_raw(o, " - ");
        put_text(o, teacher.last->text);
        put_raw(o, has(p, CATALOGUE) ? " - " : " (Section ");
        put_number(o, has(p, CATALOGUE) ? s->local % PERIODS + 1 : s->local + 1);
        put_raw(o, has(p, CATALOGUE) ? "" : ")");
        if (broken(s->faults, SPECIAL_CHARACTER))
            put_raw(o, " #*?");
        if (broken(s->faults, CONTROL_CHARACTER))
            put_raw(o, "\\u0007new");
    }
    close_string(o);
}

static void section_sis_field(struct out *o, const struct section *s)
{
    open_field(o, "sis_id");
    put_school_number(o, s->school);
    put_raw(o, broken(s->faults, BAD_SIS_ID) ? " / " : "-");
    put_number(o, 101 + s->course);
    put_char(o, '.');
    put_number(o, s->local + 1);
    close_string(o);
}

static void subject_field(struct out *o, const struct section *s)
{
    bool bad = broken(s->faults, BAD_SUBJECT);
    text_field(o, "subject", bad ? "underwater basket weaving" : courses[s->course].subject);
}

/* v1: course and term are written into the section. */
static void inline_course_fields(struct out *o, const struct section *s)
{
    static const char tail[] = ", for everybody";
    open_field(o, "course_description");
    put_quote(o, tail);
    put_raw(o, "All about ");
    put_text(o, courses[s->course].title);
    put_raw(o, tail);
    put_quote(o, tail);
    close_string(o);
    course_name_field(o, "course_name", s->school, s->course);
    number_field(o, "course_number", 101 + s->course, 1);
}

/* Both ways of writing a day occur in recorded answers. */
static void term_date_field(struct out *o, const char *key, const char *day, bool with_time)
{
    open_field(o, key);
    put_raw(o, day);
    if (with_time)
        put_raw(o, "T00:00:00.000Z");
    close_string(o);
}

static void inline_term_field(struct out *o, const struct section *s)
{
    const struct term *term = &terms[s->term];
    bool with_time = s->noise % 2 == 0;
    bool bad = broken(s->faults, INVALID_DATE);
    open_object(o, "term");
    text_field(o, "name", term->name);
    term_date_field(o, "start_date", bad ? "2025-13-45" : term->start, with_time && !bad);
    term_date_field(o, "end_date", term->end, with_time);
    close_json(o, '}');
}

static void course_field(struct out *o, const struct plan *p, const struct section *s)
{
    enum kind kind = broken(s->faults, UNKNOWN_COURSE) ? NOBODY : COURSE;
    id_field(o, p, "course", kind, s->school * COUNT(courses) + s->course);
}

static void term_id_field(struct out *o, const struct plan *p, const struct section *s)
{
    enum kind kind = broken(s->faults, UNKNOWN_COURSE) ? NOBODY : TERM;
    id_field(o, p, "term_id", kind, s->term);
}

static void lms_field(struct out *o, const struct plan *p, const struct section *s)
{
    if (!has(p, FIELDS_31))
        return;
    open_object(o, "lms_status");
    put_key(o, "synced_in_lms");
    next_item(o);
    put_raw(o, s->noise % 2 == 0 ? "true" : "false");
    close_json(o, '}');
}

/* The fields from "ext" to "subject", alike in all versions. */
static void section_middle(struct out *o, const struct plan *p, const struct section *s)
{
    enum kind school = broken(s->faults, UNKNOWN_SCHOOL) ? NOBODY : SCHOOL;
    ext_field(o, p, "classroom", s->noise % 2 == 0 ? "A1" : "B214");
    text_field(o, "grade", grades[s->grade]);
    modified_field(o, s->noise);
    lms_field(o, p, s);
    section_name_field(o, p, s);
    number_or_fault(o, "period", s->local % PERIODS + 1, s->faults);
    id_field(o, p, "school", school, s->school);
    number_field(o, "section_number", s->local + 1, 3);
    section_sis_field(o, s);
    students_field(o, p, s);
    subject_field(o, s);
}

static void put_section(struct out *o, const struct plan *p, uint64_t i)
{
    struct section s = section_of(p, i);
    bool catalogue = has(p, CATALOGUE);
    open_json(o, '{');
    if (catalogue)
        course_field(o, p, &s);
    else
        inline_course_fields(o, &s);
    created_field(o, s.noise);
    district_field(o, p);
    section_middle(o, p, &s);
    teacher_fields(o, p, &s);
    if (catalogue)
        term_id_field(o, p, &s);
    else
        inline_term_field(o, &s);
    id_field(o, p, "id", SECTION, i);
    close_json(o, '}');
}

/* ---- Clever's CSV files ------------------------------------------------------------------ */

static void put_school_row(struct out *o, const struct plan *p, uint64_t i)
{
    struct rng r = rng_for(p, S_RECORD, SCHOOL, i);
    const struct level *level = level_of(i);
    (void)rng_next(&r); /* the same numbers as in put_school */
    (void)PICK(&r, yes_no);
    uint64_t place = rng_next(&r);
    school_number_field(o, "School_id", i);
    school_name_field(o, i, 0);
    school_number_field(o, "School_number", i);
    number_field(o, "State_id", 10000 + i, 1);
    number_field(o, "Nces_id", 360000000000 + i, 12);
    text_field(o, "Low_grade", grades[level->lowest]);
    text_field(o, "High_grade", grades[level->highest]);
    principal_fields(o, p, i, 0);
    place_fields(o, place);
    phone_field(o, rng_next(&r));
    put_char(o, '\n');
}

static void put_teacher_row(struct out *o, const struct plan *p, uint64_t i)
{
    struct teacher t = teacher_of(p, i);
    school_number_field(o, "School_id", t.school);
    number_field(o, "Teacher_id", sis_number(TEACHER, i), 1);
    number_field(o, "Teacher_number", t.number, 1);
    number_field(o, "State_teacher_id", t.state_id, 1);
    email_field(o, TEACHER, &t.who, i, 0);
    text_field(o, "First_name", t.who.first->text);
    middle_name_field(o, &t.who);
    last_name_field(o, &t.who, 0);
    text_field(o, "Title", t.title);
    username_field(o, TEACHER, &t.who, i, 0);
    text_field(o, "Password", "not-a-password");
    put_char(o, '\n');
}

static void put_student_row(struct out *o, const struct plan *p, uint64_t i)
{
    struct student s = student_of(p, i);
    uint64_t sis_id = sis_number(STUDENT, i);
    school_number_field(o, "School_id", s.school);
    number_field(o, "Student_id", sis_id, 1);
    number_field(o, "Student_number", sis_id, 1);
    number_field(o, "State_id", s.state_id, 1);
    last_name_field(o, &s.who, 0);
    middle_name_field(o, &s.who);
    text_field(o, "First_name", s.who.first->text);
    grade_field(o, &s);
    gender_field(o, p, &s);
    number_field(o, "Graduation_year", graduation_year(&s), 1);
    dob_field(o, &s);
    text_field(o, "Race", s.race);
    text_field(o, "Hispanic_Latino", s.hispanic);
    text_field(o, "Home_language", s.language->name);
    text_field(o, "Ell_status", s.ell);
    text_field(o, "Frl_status", s.frl);
    text_field(o, "IEP_status", s.iep);
    place_fields(o, s.place);
    email_field(o, STUDENT, &s.who, i, 0);
    username_field(o, STUDENT, &s.who, i, 0);
    text_field(o, "Password", "not-a-password");
    put_char(o, '\n');
}

/* A course's description is in v1 only; here likewise, so that JSON and CSV say the same. */
static void put_section_row(struct out *o, const struct plan *p, uint64_t i)
{
    struct section s = section_of(p, i);
    const struct term *term = &terms[s.term];
    school_number_field(o, "School_id", s.school);
    section_sis_field(o, &s);
    for (size_t k = 0; k < TEACHERS_MAX; k++) {
        open_field(o, "Teacher_id");
        if (k < s.teacher_count)
            put_number(o, sis_number(TEACHER, s.teachers[k]));
        close_string(o);
    }
    section_name_field(o, p, &s);
    number_field(o, "Section_number", s.local + 1, 3);
    text_field(o, "Grade", grades[s.grade]);
    if (has(p, CATALOGUE)) {
        text_field(o, "Course_description", "");
        course_name_field(o, "Course_name", s.school, s.course);
        number_field(o, "Course_number", 101 + s.course, 1);
    } else {
        inline_course_fields(o, &s);
    }
    number_field(o, "Period", s.local % PERIODS + 1, 1);
    subject_field(o, &s);
    text_field(o, "Term_name", term->name);
    text_field(o, "Term_start", term->start);
    text_field(o, "Term_end", term->end);
    put_char(o, '\n');
}

static void put_enrollment_rows(struct out *o, const struct plan *p, uint64_t i)
{
    struct section s = section_of(p, i);
    uint64_t members[MEMBERS_MAX];
    size_t count = members_of(p, &s, members);
    for (size_t k = 0; k < count; k++) {
        o->first = true;
        school_number_field(o, "School_id", s.school);
        section_sis_field(o, &s);
        number_field(o, "Student_id", sis_number(STUDENT, members[k]), 1);
        put_char(o, '\n');
    }
}

/* ---- lists ------------------------------------------------------------------------------- */

static uint64_t count_schools(const struct plan *p)
{
    return p->schools;
}

static uint64_t count_courses(const struct plan *p)
{
    return p->schools * COUNT(courses);
}

static uint64_t count_terms(const struct plan *p)
{
    (void)p;
    return COUNT(terms);
}

static uint64_t count_teachers(const struct plan *p)
{
    return p->teachers;
}

static uint64_t count_students(const struct plan *p)
{
    return p->students;
}

static uint64_t count_sections(const struct plan *p)
{
    return p->sections;
}

static uint64_t count_users(const struct plan *p)
{
    return p->students + p->teachers + p->staff + p->contacts;
}

typedef void put_record(struct out *o, const struct plan *p, uint64_t i);

/* Place *i in the list of users is record *i of the kind that is returned. */
static enum kind user_kind(const struct plan *p, uint64_t *i)
{
    if (*i < p->students)
        return STUDENT;
    *i -= p->students;
    if (*i < p->teachers)
        return EMPLOYEE;
    *i -= p->teachers;
    if (*i < p->staff)
        return STAFF;
    *i -= p->staff;
    return CONTACT;
}

static void put_user(struct out *o, const struct plan *p, uint64_t i)
{
    static put_record *const puts_by_kind[KINDS] = {
        [STUDENT] = put_student_user,
        [EMPLOYEE] = put_teacher_user,
        [STAFF] = put_staff_user,
        [CONTACT] = put_contact_user,
    };
    enum kind kind = user_kind(p, &i);
    puts_by_kind[kind](o, p, i);
}

/* In the order in which they are written. A version has a list when it has all traits of `needs`
 * and none of `without`. Only a paged list is split by --pages. */
static const struct list {
    const char *name;
    enum kind kind; /* not looked at for users */
    unsigned needs;
    unsigned without;
    bool paged;
    uint64_t (*count)(const struct plan *p);
    put_record *put;
} lists[] = {
    {"schools", SCHOOL, 0, 0, false, count_schools, put_school},
    {"courses", COURSE, CATALOGUE, 0, false, count_courses, put_course},
    {"terms", TERM, CATALOGUE, 0, false, count_terms, put_term},
    {"teachers", TEACHER, 0, USERS, false, count_teachers, put_teacher},
    {"students", STUDENT, 0, USERS, true, count_students, put_student},
    {"users", STUDENT, USERS, 0, true, count_users, put_user},
    {"sections", SECTION, 0, 0, false, count_sections, put_section},
};

/* The columns are in the order of the fields in `put`. */
static const struct csv_file {
    const char *name;
    uint64_t (*count)(const struct plan *p);
    put_record *put;
    const char *header;
} csv_files[] = {
    {"schools.csv", count_schools, put_school_row,
     "School_id,School_name,School_number,State_id,Nces_id,Low_grade,High_grade,Principal,"
     "Principal_email,School_address,School_city,School_state,School_zip,School_phone\n"},
    {"teachers.csv", count_teachers, put_teacher_row,
     "School_id,Teacher_id,Teacher_number,State_teacher_id,Teacher_email,First_name,Middle_name,"
     "Last_name,Title,Username,Password\n"},
    {"students.csv", count_students, put_student_row,
     "School_id,Student_id,Student_number,State_id,Last_name,Middle_name,First_name,Grade,Gender,"
     "Graduation_year,DOB,Race,Hispanic_Latino,Home_language,Ell_status,Frl_status,IEP_status,"
     "Student_street,Student_city,Student_state,Student_zip,Student_email,Username,Password\n"},
    {"sections.csv", count_sections, put_section_row,
     "School_id,Section_id,Teacher_id,Teacher_2_id,Teacher_3_id,Teacher_4_id,Name,Section_number,"
     "Grade,Course_description,Course_name,Course_number,Period,Subject,Term_name,Term_start,"
     "Term_end\n"},
    {"enrollments.csv", count_sections, put_enrollment_rows, "School_id,Section_id,Student_id\n"},
};

static bool list_exists(const struct plan *p, const struct list *list)
{
    unsigned traits = p->api->traits;
    return (traits & list->needs) == list->needs && (traits & list->without) == 0;
}

static uint64_t list_pages(const struct plan *p, const struct list *list)
{
    return list->paged ? p->pages : 1;
}

/* The first record of a page; that of the page behind the last is the number of records. */
static uint64_t page_start(const struct plan *p, const struct list *list, uint64_t page)
{
    return list->count(p) * page / list_pages(p, list);
}

static void put_record_id(struct out *o, const struct plan *p, const struct list *list, uint64_t i)
{
    enum kind kind = list->needs == USERS ? user_kind(p, &i) : list->kind;
    put_id_text(o, p, kind, i);
}

/* ---- envelopes --------------------------------------------------------------------------- */

static void put_uri(struct out *o, const struct plan *p, const struct list *list)
{
    put_raw(o, "/v");
    put_raw(o, p->api->version);
    put_char(o, '/');
    put_raw(o, list->name);
}

/* One page of one list: records [from, to). */
struct page {
    const struct list *list;
    uint64_t number; /* from 0 */
    uint64_t pages;
    uint64_t from;
    uint64_t to;
};

struct link {
    const char *rel;
    const char *parameter; /* NULL: the list from its beginning */
};

/* A link to the list; with a parameter, to the page that it and record i make. */
static void put_link(struct out *o, const struct plan *p, const struct page *page, struct link to,
                     uint64_t i)
{
    open_json(o, '{');
    text_field(o, "rel", to.rel);
    open_field(o, "uri");
    put_uri(o, p, page->list);
    if (to.parameter != NULL) {
        put_char(o, '?');
        put_raw(o, to.parameter);
        put_char(o, '=');
        put_record_id(o, p, page->list, i);
    }
    close_string(o);
    close_json(o, '}');
}

/* As in the recordings: self and next go by the last record of the page before the target, prev
 * by the first record of this page. */
static void put_links(struct out *o, const struct plan *p, const struct page *page)
{
    static const struct link first_self = {"self", NULL};
    static const struct link self = {"self", "starting_after"};
    static const struct link prev = {"prev", "ending_before"};
    static const struct link next = {"next", "starting_after"};
    open_array(o, "links");
    if (page->number == 0) {
        put_link(o, p, page, first_self, 0);
    } else {
        put_link(o, p, page, self, page->from - 1);
        put_link(o, p, page, prev, page->from);
    }
    if (page->number + 1 < page->pages)
        put_link(o, p, page, next, page->to - 1);
    close_json(o, ']');
}

/* Pages that were reached by starting_after have none. */
static void put_paging(struct out *o, const struct plan *p, const struct page *page)
{
    if (!has(p, PAGING) || page->number > 0)
        return;
    open_object(o, "paging");
    bare_number_field(o, "current", 1);
    bare_number_field(o, "total", page->pages);
    bare_number_field(o, "count", page->list->count(p));
    close_json(o, '}');
}

static void put_element(struct out *o, const struct plan *p, const struct list *list, uint64_t i)
{
    open_json(o, '{');
    put_key(o, "data");
    list->put(o, p, i);
    open_field(o, "uri");
    put_uri(o, p, list);
    put_char(o, '/');
    put_record_id(o, p, list, i);
    close_string(o);
    close_json(o, '}');
}

/* Stops at the first failure of the output: no need to make a gigabyte for nothing. */
static void put_envelope(struct out *o, const struct plan *p, const struct page *page)
{
    open_json(o, '{');
    if (has(p, LINKS_FIRST))
        put_links(o, p, page);
    open_array(o, "data");
    for (uint64_t i = page->from; i < page->to && o->error == 0; i++)
        put_element(o, p, page->list, i);
    close_json(o, ']');
    put_paging(o, p, page);
    if (!has(p, LINKS_FIRST))
        put_links(o, p, page);
    close_json(o, '}');
    put_char(o, '\n');
}

/* A bare array, also as the value of a key; the caller ends the line. */
static void put_array(struct out *o, const struct plan *p, const struct page *page)
{
    open_json(o, '[');
    for (uint64_t i = page->from; i < page->to && o->error == 0; i++)
        page->list->put(o, p, i);
    close_json(o, ']');
}

static void put_lines(struct out *o, const struct plan *p, const struct page *page)
{
    for (uint64_t i = page->from; i < page->to && o->error == 0; i++) {
        top_level(o);
        page->list->put(o, p, i);
        put_char(o, '\n');
    }
}

static void put_page(struct out *o, const struct plan *p, const struct page *page)
{
    top_level(o);
    switch (p->shape) {
    case ENVELOPE:
        put_envelope(o, p, page);
        break;
    case NDJSON:
        put_lines(o, p, page);
        break;
    case ARRAY:
    case COMBINED:
        put_array(o, p, page);
        put_char(o, '\n');
        break;
    case CSV: break; /* see write_csv_files */
    }
}

static struct page page_of(const struct plan *p, const struct list *list, uint64_t number)
{
    return (struct page){
        .list = list,
        .number = number,
        .pages = list_pages(p, list),
        .from = page_start(p, list, number),
        .to = page_start(p, list, number + 1),
    };
}

/* All lists in one object: {"schools":[...],...}. */
static void put_combined(struct out *o, const struct plan *p)
{
    top_level(o);
    open_json(o, '{');
    for (size_t k = 0; k < COUNT(lists); k++) {
        if (!list_exists(p, &lists[k]))
            continue;
        struct page page = page_of(p, &lists[k], 0);
        put_key(o, lists[k].name);
        put_array(o, p, &page);
    }
    close_json(o, '}');
    put_char(o, '\n');
}

/* ---- files ------------------------------------------------------------------------------- */

struct run {
    const struct plan *plan;
    struct out out;
    int folder;
};

#define FILE_NAME_MAX 64

static bool complain(const struct run *run, const char *name, int error)
{
    const char *folder = run->plan->folder;
    (void)fprintf(stderr, "generate: %s/%s: %s\n", folder, name, strerror(error));
    return false;
}

static bool file_open(struct run *run, const char *name)
{
    run->out.fd = openat(run->folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return run->out.fd >= 0 || complain(run, name, errno);
}

/* A file that could not be written to its end is removed: it would look like an export. */
static bool file_close(struct run *run, const char *name)
{
    out_flush(&run->out);
    if (close(run->out.fd) != 0 && run->out.error == 0)
        run->out.error = errno;
    if (run->out.error == 0)
        return true;
    complain(run, name, run->out.error);
    if (unlinkat(run->folder, name, 0) != 0)
        complain(run, name, errno);
    return false;
}

static bool write_page_file(struct run *run, const struct page *page)
{
    char name[FILE_NAME_MAX];
    int n = page->pages == 1 ? snprintf(name, sizeof name, "%s.json", page->list->name)
                             : snprintf(name, sizeof name, "%s-page%02llu.json", page->list->name,
                                        (unsigned long long)page->number + 1);
    if (n < 0 || (size_t)n >= sizeof name)
        return complain(run, page->list->name, ENAMETOOLONG);
    if (!file_open(run, name))
        return false;
    put_page(&run->out, run->plan, page);
    return file_close(run, name);
}

static bool write_files(struct run *run)
{
    for (size_t k = 0; k < COUNT(lists); k++) {
        const struct list *list = &lists[k];
        uint64_t pages = list_exists(run->plan, list) ? list_pages(run->plan, list) : 0;
        for (uint64_t number = 0; number < pages; number++) {
            struct page page = page_of(run->plan, list, number);
            if (!write_page_file(run, &page))
                return false;
        }
    }
    return true;
}

static bool write_csv_files(struct run *run)
{
    struct out *o = &run->out;
    o->cells = true;
    for (size_t k = 0; k < COUNT(csv_files); k++) {
        const struct csv_file *file = &csv_files[k];
        uint64_t count = file->count(run->plan);
        if (!file_open(run, file->name))
            return false;
        put_raw(o, file->header);
        for (uint64_t i = 0; i < count && o->error == 0; i++) {
            o->first = true;
            file->put(o, run->plan, i);
        }
        if (!file_close(run, file->name))
            return false;
    }
    return true;
}

static void put_all_pages(struct out *o, const struct plan *p)
{
    for (size_t k = 0; k < COUNT(lists); k++) {
        uint64_t pages = list_exists(p, &lists[k]) ? list_pages(p, &lists[k]) : 0;
        for (uint64_t number = 0; number < pages; number++) {
            struct page page = page_of(p, &lists[k], number);
            put_page(o, p, &page);
        }
    }
}

static bool write_one_file(struct run *run)
{
    static const char name[] = "export.json";
    if (!file_open(run, name))
        return false;
    if (run->plan->shape == COMBINED)
        put_combined(&run->out, run->plan);
    else
        put_all_pages(&run->out, run->plan);
    return file_close(run, name);
}

/* mkdir -p: `path` is cut off behind each part in turn, and put together again. */
static bool make_folders(char *path)
{
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        int failed = mkdir(path, 0777);
        *at = '/';
        if (failed != 0 && errno != EEXIST)
            return false;
    }
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

static bool folder_open(struct run *run)
{
    char *path = strdup(run->plan->folder);
    bool made = path != NULL && make_folders(path);
    int error = errno;
    free(path);
    if (made) {
        run->folder = open(run->plan->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        error = errno;
    }
    if (run->folder >= 0)
        return true;
    (void)fprintf(stderr, "generate: %s: %s\n", run->plan->folder, strerror(error));
    return false;
}

static bool run_plan(const struct plan *p)
{
    struct run run = {.plan = p, .folder = -1, .out = {.pretty = p->indent}};
    bool ok = false;
    run.out.buf = malloc(OUT_SIZE);
    if (run.out.buf == NULL)
        (void)fprintf(stderr, "generate: out of memory\n");
    else if (folder_open(&run))
        ok = p->shape == CSV ? write_csv_files(&run)
             : p->one_file   ? write_one_file(&run)
                             : write_files(&run);
    if (run.folder >= 0 && close(run.folder) != 0)
        ok = complain(&run, ".", errno);
    free(run.out.buf);
    return ok;
}

/* ---- options ----------------------------------------------------------------------------- */

/* At least three schools, one for each level. Classes then have thirty students, give or take
 * twenty. In districts of a few hundred a period may have one or two sections only, and up to 73
 * students in one; in those of a few dozen some periods have no section at all. */
static void plan_counts(struct plan *p)
{
    uint64_t n = p->students;
    p->schools = (n + 500) / 1000 < COUNT(levels) ? COUNT(levels) : (n + 500) / 1000;
    p->taught = n < p->schools ? n : p->schools;
    p->teachers = n * 2 / 25 < p->schools ? p->schools : n * 2 / 25;
    p->sections = n / 5 < p->taught ? p->taught : n / 5;
    p->staff = n / 100 + 1;
    p->contacts = (n + STUDENTS_PER_CONTACT - 1) / STUDENTS_PER_CONTACT;
}

static const char help_head[] =
    "usage: generate [OPTION]... DIR\n"
    "Write a made-up school district as a Clever export into DIR (created when missing;\n"
    "files in it are overwritten, others left alone). Same options, same bytes.\n"
    "\n"
    "  --version V      API version: 1.1, 1.2, 2.0, 2.1 (default), 3.0, 3.1\n"
    "  --students N     how many students, 1 to 100000000 (default 1000); everything else\n"
    "                   follows: a school for 1000, a teacher for 12.5, a section for 5\n"
    "  --seed S         another district (default 1)\n"
    "  --shape SHAPE    envelope   {\"data\":[{\"data\":{...},\"uri\":...}],\"links\":[...]}\n"
    "                              (default)\n"
    "                   array      [{...},{...}]\n"
    "                   ndjson     one record a line\n"
    "                   combined   {\"schools\":[...],\"students\":[...]}, always one file\n"
    "                   csv        Clever's CSV files: the same district by its SIS ids;\n"
    "                              not with --pages, --indent, --one-file, --faults\n"
    "  --pages N        split students (v3: users) into N files students-page01.json, ...\n"
    "                   whose links are complete (default 1: students.json)\n"
    "  --indent         layout and \\u escapes as Python's json.dump(indent=4) makes them;\n"
    "                   not with ndjson\n"
    "  --one-file       all lists after each other in export.json\n"
    "  --ids HOW        series     count up, as when a district comes to Clever in one go\n"
    "                              (default); long parts repeat, so that a zip is small\n"
    "                   scattered  each record came on its own, some time in eight years\n"
    "  --faults P       P percent (up to three decimals) of the schools, teachers, students and\n"
    "                   sections get three faults each; default 0: nothing to complain about\n"
    "  --help           this text\n"
    "\n"
    "Files: schools.json teachers.json students.json sections.json, from 2.0 on courses.json\n"
    "terms.json, from 3.0 on users.json for teachers and students (staff and contacts too);\n"
    "with --shape csv schools.csv teachers.csv students.csv sections.csv enrollments.csv.\n"
    "Exit status: 0 done, 1 cannot write, 2 wrong usage.\n"
    "\n"
    "Faults:\n";

static int print_help(void)
{
    (void)fputs(help_head, stdout);
    for (size_t k = 0; k < COUNT(fault_table); k++)
        (void)printf("  %s\n", fault_table[k].text);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)fprintf(stderr, "generate: standard output: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}

static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    uint64_t v = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        uint64_t digit = (uint64_t)((unsigned char)*text - (unsigned)'0');
        if (*text < '0' || *text > '9' || v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return v >= least && v <= most;
}

static bool set_version(struct plan *p, const char *value)
{
    for (size_t k = 0; k < COUNT(apis); k++) {
        if (strcmp(apis[k].version, value) == 0) {
            p->api = &apis[k];
            return true;
        }
    }
    return false;
}

static bool set_students(struct plan *p, const char *value)
{
    return parse_number(value, 1, STUDENTS_MAX, &p->students);
}

static bool set_seed(struct plan *p, const char *value)
{
    return parse_number(value, 0, UINT64_MAX, &p->seed);
}

static bool set_shape(struct plan *p, const char *value)
{
    for (size_t k = 0; k < COUNT(shapes); k++) {
        if (strcmp(shapes[k], value) == 0) {
            p->shape = (enum shape)k;
            return true;
        }
    }
    return false;
}

static bool set_pages(struct plan *p, const char *value)
{
    return parse_number(value, 1, 100000, &p->pages);
}

static bool set_indent(struct plan *p, const char *value)
{
    (void)value;
    p->indent = true;
    return true;
}

static bool set_one_file(struct plan *p, const char *value)
{
    (void)value;
    p->one_file = true;
    return true;
}

static bool set_ids(struct plan *p, const char *value)
{
    p->scattered = strcmp(value, "scattered") == 0;
    return p->scattered || strcmp(value, "series") == 0;
}

/* "12" or "0.125", kept in thousandths. */
static bool set_faults(struct plan *p, const char *value)
{
    unsigned v = 0;
    int decimals = -1; /* none yet: no point seen */
    if (*value < '0' || *value > '9')
        return false;
    for (; *value != '\0'; value++) {
        if (*value == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (*value < '0' || *value > '9' || decimals == 3 || v > FAULTY_MAX)
            return false;
        v = v * 10 + (unsigned)(*value - '0');
        decimals += decimals >= 0;
    }
    for (int d = decimals < 0 ? 0 : decimals; d < 3 && v <= FAULTY_MAX; d++)
        v *= 10;
    p->faulty = v;
    return v <= FAULTY_MAX;
}

static const struct option {
    const char *name;
    bool (*set)(struct plan *p, const char *value); /* false: not a value for this option */
    const char *wants;                              /* NULL: the option takes no value */
} options[] = {
    {"--version", set_version, "1.1, 1.2, 2.0, 2.1, 3.0 or 3.1"},
    {"--students", set_students, "a number from 1 to 100000000"},
    {"--seed", set_seed, "a number of 64 bits"},
    {"--shape", set_shape, "envelope, array, ndjson, combined or csv"},
    {"--pages", set_pages, "a number from 1 to 100000"},
    {"--indent", set_indent, NULL},
    {"--one-file", set_one_file, NULL},
    {"--ids", set_ids, "series or scattered"},
    {"--faults", set_faults, "a percentage from 0 to 100 with up to three decimals"},
};

static bool usage(const char *what, const char *why)
{
    (void)fprintf(stderr, "generate: %s: %s (see --help)\n", what, why);
    return false;
}

static const struct option *option_find(const char *arg, size_t len)
{
    for (size_t k = 0; k < COUNT(options); k++) {
        if (strlen(options[k].name) == len && strncmp(options[k].name, arg, len) == 0)
            return &options[k];
    }
    return NULL;
}

/* Takes argv[*at], and the value behind it if it has one: "--opt value" or "--opt=value". */
static bool parse_option(struct plan *p, char **argv, int *at)
{
    const char *arg = argv[*at];
    size_t len = strcspn(arg, "=");
    const struct option *option = option_find(arg, len);
    if (option == NULL)
        return usage(arg, "no such option");
    const char *value = arg[len] == '=' ? arg + len + 1 : NULL;
    if (option->wants == NULL)
        return value == NULL ? option->set(p, NULL) : usage(arg, "takes no value");
    if (value == NULL && argv[*at + 1] != NULL)
        value = argv[++*at];
    if (value == NULL || !option->set(p, value)) {
        (void)fprintf(stderr, "generate: %s takes %s (see --help)\n", option->name, option->wants);
        return false;
    }
    return true;
}

static bool parse_arguments(struct plan *p, char **argv)
{
    bool only_names = false;
    for (int at = 1; argv[at] != NULL; at++) {
        const char *arg = argv[at];
        if (!only_names && strcmp(arg, "--") == 0) {
            only_names = true;
        } else if (!only_names && arg[0] == '-' && arg[1] != '\0') {
            if (!parse_option(p, argv, &at))
                return false;
        } else if (*arg == '\0' || p->folder != NULL) {
            return usage(arg, "one folder is wanted");
        } else {
            p->folder = arg;
        }
    }
    return p->folder != NULL || usage("DIR", "missing: where shall the export go?");
}

static bool check_plan(struct plan *p)
{
    if (p->shape == COMBINED && p->pages > 1)
        return usage("--pages", "a combined object has no pages");
    if (p->shape == NDJSON && p->indent)
        return usage("--indent", "ndjson has one line for each record");
    if (p->shape == CSV && (p->pages > 1 || p->indent || p->one_file || p->faulty > 0))
        return usage("--shape csv", "not with --pages, --indent, --one-file or --faults");
    if (p->pages > (has(p, USERS) ? count_users(p) : p->students))
        return usage("--pages", "more pages than records");
    p->one_file = p->one_file || p->shape == COMBINED;
    return true;
}

int main(int argc, char **argv)
{
    struct plan p = {.students = 1000, .seed = 1, .pages = 1, .shape = ENVELOPE};
    for (int at = 1; at < argc; at++) {
        if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)
            return print_help();
    }
    set_version(&p, "2.1");
    if (!parse_arguments(&p, argv))
        return 2;
    plan_counts(&p);
    plan_ids(&p);
    if (!check_plan(&p))
        return 2;
    return run_plan(&p) ? 0 : 1;
}
