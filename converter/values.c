#include "converter/values.h"

#include "formats/base/bytes.h"
#include "formats/base/utf8.h"

enum { MAX_SECTION_ID = 56, DATE_BYTES = 10 };

struct translation {
    struct slice from;
    const char *to;
};

#define WORD(from, to) {{(from), sizeof(from) - 1}, (to)}

/* Clever's words, SDS's own codes, and aliases that districts use. */
static const struct translation grades[] = {
    WORD("1", "01"),
    WORD("2", "02"),
    WORD("3", "03"),
    WORD("4", "04"),
    WORD("5", "05"),
    WORD("6", "06"),
    WORD("7", "07"),
    WORD("8", "08"),
    WORD("9", "09"),
    WORD("01", "01"),
    WORD("02", "02"),
    WORD("03", "03"),
    WORD("04", "04"),
    WORD("05", "05"),
    WORD("06", "06"),
    WORD("07", "07"),
    WORD("08", "08"),
    WORD("09", "09"),
    WORD("10", "10"),
    WORD("11", "11"),
    WORD("12", "12"),
    WORD("13", "13"),
    WORD("InfantToddler", "IT"),
    WORD("Preschool", "PR"),
    WORD("PreKindergarten", "PK"),
    WORD("TransitionalKindergarten", "TK"),
    WORD("Kindergarten", "KG"),
    WORD("PostGraduate", "PS"),
    WORD("Ungraded", "UG"),
    WORD("Other", "Other"),
    WORD("IT", "IT"),
    WORD("PR", "PR"),
    WORD("PK", "PK"),
    WORD("TK", "TK"),
    WORD("KG", "KG"),
    WORD("PS", "PS"),
    WORD("UG", "UG"),
    WORD("PS1", "PS1"),
    WORD("PS2", "PS2"),
    WORD("PS3", "PS3"),
    WORD("PS4", "PS4"),
    WORD("undergraduate", "undergraduate"),
    WORD("graduate", "graduate"),
    WORD("alumni", "alumni"),
    WORD("adultEducation", "adultEducation"),
    WORD("K", "KG"),
    WORD("KF", "KG"),
    WORD("KH", "KG"),
    WORD("0", "KG"),
    WORD("00", "KG"),
    WORD("PREK", "PK"),
    WORD("PRE-K", "PK"),
    WORD("3K", "PK"),
    WORD("4K", "PK"),
    WORD("PG", "PS"),
};

static const struct translation subjects[] = {
    WORD("english/language arts", "01"),
    WORD("math", "02"),
    WORD("science", "03"),
    WORD("social studies", "04"),
    WORD("arts and music", "05"),
    WORD("PE and health", "08"),
    WORD("technology and engineering", "21"),
    WORD("language", "24"),
    WORD("homeroom/advisory", "22"),
    WORD("interventions/online learning", "22"),
    WORD("other", "22"),
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static struct judgement kept(struct slice value, bool wrong, enum issue_code issue)
{
    return (struct judgement){value, wrong ? issue : ISSUE_NONE};
}

static struct judgement translated(const struct translation *table, size_t count,
                                   struct slice value, enum issue_code otherwise)
{
    for (size_t i = 0; i < count; i++)
        if (slice_same_letters(value, table[i].from))
            return kept(slice_from(table[i].to), false, otherwise);
    return (struct judgement){SLICE_LITERAL(""), otherwise};
}

/* ---- dates ---- */

/* Takes `min` to `max` digits off the front; -1 when there are fewer or more. */
static int take_digits(struct slice *text, size_t min, size_t max)
{
    int number = 0;
    size_t count = 0;
    while (count < text->len && ascii_digit(text->ptr[count])) {
        if (count == max)
            return -1;
        number = number * 10 + (text->ptr[count] - '0');
        count++;
    }
    text->ptr += count;
    text->len -= count;
    return count < min ? -1 : number;
}

static bool take_byte(struct slice *text, char byte)
{
    if (text->len == 0 || *text->ptr != byte)
        return false;
    text->ptr++;
    text->len--;
    return true;
}

static bool calendar_date(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

static void put_digits(char *out, int number, size_t count)
{
    while (count-- > 0) {
        out[count] = (char)('0' + number % 10);
        number /= 10;
    }
}

struct date {
    int year;
    int month;
    int day;
};

/* YYYY-MM-DD, then nothing, or a T or a space and anything. */
static bool iso_date(struct slice text, struct date *date)
{
    date->year = take_digits(&text, 4, 4);
    bool dash = take_byte(&text, '-');
    date->month = take_digits(&text, 2, 2);
    dash = take_byte(&text, '-') && dash;
    date->day = take_digits(&text, 2, 2);
    return dash && date->year >= 0 && date->month >= 0 && date->day >= 0 &&
           (text.len == 0 || *text.ptr == 'T' || *text.ptr == ' ');
}

/* M/D/YYYY or M/D/YY. */
static bool american_date(struct slice text, struct date *date)
{
    date->month = take_digits(&text, 1, 2);
    bool slash = take_byte(&text, '/');
    date->day = take_digits(&text, 1, 2);
    slash = take_byte(&text, '/') && slash;
    size_t digits = text.len;
    date->year = take_digits(&text, 2, 4);
    if (!slash || date->month < 0 || date->day < 0 || date->year < 0 || text.len ||
        digits == 3)
        return false;
    if (digits == 2)
        date->year += date->year < 40 ? 2000 : 1900;
    return true;
}

bool value_date(struct slice value, char out[DATE_BYTES])
{
    struct date date;
    if (!iso_date(value, &date) && !american_date(value, &date))
        return false;
    if (!calendar_date(date.year, date.month, date.day))
        return false;
    put_digits(out, date.year, 4);
    out[4] = '-';
    put_digits(out + 5, date.month, 2);
    out[7] = '-';
    put_digits(out + 8, date.day, 2);
    return true;
}

static struct judgement judge_date(struct slice value, struct arena *arena)
{
    char date[DATE_BYTES];
    if (!value_date(value, date))
        return (struct judgement){SLICE_LITERAL(""), ISSUE_invalid_date};
    return kept(arena_copy(arena, slice_of(date, sizeof date)), false, ISSUE_NONE);
}

/* ---- the others ---- */

static bool valid_email(struct slice value)
{
    size_t at = bytes_find2(value.ptr, value.len, '@', ' ');
    if (at == 0 || at + 1 >= value.len || value.ptr[at] != '@')
        return false;
    size_t rest = value.len - at - 1;
    return bytes_find2(value.ptr + at + 1, rest, '@', ' ') == rest;
}

/* What a byte may be part of. */
enum { IN_USERNAME = 1, IN_SECTION_ID = 2, REFUSED_IN_NAME = 4 };

#define LETTER (IN_USERNAME | IN_SECTION_ID)

static const unsigned char kinds[256] = {
    ['a'] = LETTER, ['b'] = LETTER, ['c'] = LETTER, ['d'] = LETTER, ['e'] = LETTER,
    ['f'] = LETTER, ['g'] = LETTER, ['h'] = LETTER, ['i'] = LETTER, ['j'] = LETTER,
    ['k'] = LETTER, ['l'] = LETTER, ['m'] = LETTER, ['n'] = LETTER, ['o'] = LETTER,
    ['p'] = LETTER, ['q'] = LETTER, ['r'] = LETTER, ['s'] = LETTER, ['t'] = LETTER,
    ['u'] = LETTER, ['v'] = LETTER, ['w'] = LETTER, ['x'] = LETTER, ['y'] = LETTER,
    ['z'] = LETTER, ['A'] = LETTER, ['B'] = LETTER, ['C'] = LETTER, ['D'] = LETTER,
    ['E'] = LETTER, ['F'] = LETTER, ['G'] = LETTER, ['H'] = LETTER, ['I'] = LETTER,
    ['J'] = LETTER, ['K'] = LETTER, ['L'] = LETTER, ['M'] = LETTER, ['N'] = LETTER,
    ['O'] = LETTER, ['P'] = LETTER, ['Q'] = LETTER, ['R'] = LETTER, ['S'] = LETTER,
    ['T'] = LETTER, ['U'] = LETTER, ['V'] = LETTER, ['W'] = LETTER, ['X'] = LETTER,
    ['Y'] = LETTER, ['Z'] = LETTER, ['0'] = LETTER, ['1'] = LETTER, ['2'] = LETTER,
    ['3'] = LETTER, ['4'] = LETTER, ['5'] = LETTER, ['6'] = LETTER, ['7'] = LETTER,
    ['8'] = LETTER, ['9'] = LETTER,

    ['.'] = LETTER, ['-'] = LETTER, ['\''] = IN_USERNAME, ['_'] = IN_USERNAME,
    ['!'] = IN_USERNAME, ['^'] = IN_USERNAME, ['#'] = IN_USERNAME | REFUSED_IN_NAME,
    ['~'] = IN_USERNAME | REFUSED_IN_NAME,

    ['%'] = REFUSED_IN_NAME, ['&'] = REFUSED_IN_NAME, ['*'] = REFUSED_IN_NAME,
    ['{'] = REFUSED_IN_NAME, ['}'] = REFUSED_IN_NAME, ['\\'] = REFUSED_IN_NAME,
    [':'] = REFUSED_IN_NAME, ['<'] = REFUSED_IN_NAME, ['>'] = REFUSED_IN_NAME,
    ['?'] = REFUSED_IN_NAME, ['/'] = REFUSED_IN_NAME, ['+'] = REFUSED_IN_NAME,
    ['|'] = REFUSED_IN_NAME, ['"'] = REFUSED_IN_NAME,
};

static bool is_kind(char c, unsigned kind)
{
    return kinds[(unsigned char)c] & kind;
}

static bool valid_username(struct slice value)
{
    for (size_t i = 0; i < value.len && value.ptr[i] != '@'; i++)
        if (!is_kind(value.ptr[i], IN_USERNAME))
            return false;
    return true;
}

static bool valid_section_id(struct slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!is_kind(value.ptr[i], IN_SECTION_ID))
            return false;
    return value.len <= MAX_SECTION_ID;
}

bool value_special_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (is_kind(name.ptr[i], REFUSED_IN_NAME))
            return true;
    return false;
}

/* A value has at most as many characters as bytes, so most are settled without counting. */
static bool longer(struct slice value, size_t characters)
{
    return value.len > characters && utf8_length(value) > characters;
}

struct judgement value_judge(enum value_kind kind, struct slice value, bool subjects_as_text,
                             struct arena *arena)
{
    switch (kind) {
    case VALUE_TEXT: break;
    case VALUE_PERSON_NAME: return kept(value, longer(value, MAX_PERSON_NAME), ISSUE_too_long);
    case VALUE_THING_NAME: return kept(value, longer(value, MAX_THING_NAME), ISSUE_too_long);
    case VALUE_GRADE: return translated(grades, COUNT(grades), value, ISSUE_unknown_grade);
    case VALUE_SUBJECT:
        if (subjects_as_text)
            break;
        return translated(subjects, COUNT(subjects), value, ISSUE_unknown_subject);
    case VALUE_DATE: return judge_date(value, arena);
    case VALUE_EMAIL: return kept(value, !valid_email(value), ISSUE_invalid_email);
    case VALUE_USERNAME: return kept(value, !valid_username(value), ISSUE_username_characters);
    case VALUE_SECTION_ID: return kept(value, !valid_section_id(value), ISSUE_id_characters);
    }
    return kept(value, false, ISSUE_NONE);
}
