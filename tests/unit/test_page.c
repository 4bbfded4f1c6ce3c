/* The review page and what it is made from: escaping, reading rows back, counts by school, the bound
 * on its size, the comparison with the last result. */
#include "converter/page.h"

#include "converter/advice.h"
#include "converter/errors_csv.h"
#include "converter/html.h"
#include "formats/base/hash.h"
#include "formats/csv/cell.h"
#include "formats/csv/written.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- helpers ---- */

/* A run that has read nothing yet, with all columns. */
struct scene {
    struct options options;
    struct run run;
    struct summary summary;
    struct result result;
    struct file_changes changes[SDS_FILES];
    struct notes *notes;
};

static void set_up(struct scene *scene)
{
    char words[][16] = {"clever2sds", "--columns", "all", "export"};
    char *argv[] = {words[0], words[1], words[2], words[3]};
    struct failure failure = {.kind = FAILURE_NONE};
    *scene = (struct scene){.summary = {.published = true}};
    assert_true(options_parse(&scene->options, 4, argv, &failure));
    scene->run.options = &scene->options;
    scene->summary.run = &scene->run;
    scene->summary.result = &scene->result;
    scene->summary.changes = scene->changes;
    scene->notes = notes_new(&scene->options);
    assert_non_null(scene->notes);
}

static void tear_down(struct scene *scene)
{
    notes_free(scene->notes);
    options_release(&scene->options);
}

/* A row whose cells are `cell`, but for those named. */
static void put_row(struct buf *out, enum sds_file file, const char *id, const char *school,
                    const char *cell)
{
    for (size_t c = 0; c < sds_formats[file].column_count; c++) {
        const struct sds_column *column = &sds_formats[file].columns[c];
        const char *text = column->from == FROM_SIS_ID   ? id
                           : column->from == FROM_SCHOOL ? school
                                                         : cell;
        bool roster = file == SDS_TEACHER_ROSTER || file == SDS_STUDENT_ENROLLMENT;
        if (roster)
            text = c == 0 ? id : cell;
        if (c > 0)
            csv_put_comma(out);
        csv_put_cell(out, slice_from(text));
    }
    csv_end_row(out);
}

static void see_row(struct scene *scene, enum sds_file file, const char *id, const char *school,
                    const char *cell)
{
    struct buf row = {0};
    put_row(&row, file, id, school, cell);
    struct sink_watcher watcher = notes_watch_rows(scene->notes, file);
    watcher.see(watcher.context, buf_slice(&row), SLICE_ABSENT);
    scene->summary.totals.file[file].rows++;
    buf_release(&row);
}

static void see_line(struct scene *scene, enum issue_code code, const char *text,
                     const char *school)
{
    struct buf line = {0};
    struct subject subject = {.entity = "student",
                              .id = slice_from(text),
                              .sis_id = slice_from(text),
                              .source = text,
                              .line = 7};
    struct issue issue = {.code = code,
                          .file = SDS_STUDENT,
                          .column = 4,
                          .value = slice_from(text),
                          .rows = 1,
                          .cause = slice_from(text)};
    errors_put_line(&line, &scene->options, &subject, &issue);
    struct sink_watcher watcher = notes_watch_lines(scene->notes);
    watcher.see(watcher.context, buf_slice(&line), slice_from(school));
    totals_count(&scene->summary.totals, code, scene->options.severity[code]);
    buf_release(&line);
}

/* The page, for the caller to free. */
static char *page_of(const struct scene *scene, size_t *len)
{
    struct buf out = {0};
    struct page page = {&scene->summary, scene->notes};
    assert_true(page_put(&out, &page));
    assert_non_null(buf_text(&out));
    *len = out.len;
    return out.data;
}

static void check_holds(const char *page, const char *text, bool wanted)
{
    if ((strstr(page, text) != NULL) != wanted)
        fail_msg("the page %s '%s'", wanted ? "lacks" : "has", text);
}

/* ---- text ---- */

static void check_html(struct slice text, size_t limit, const char *wanted)
{
    struct buf out = {0};
    html_put_clipped(&out, text, limit);
    assert_string_equal(buf_text(&out), wanted);
    buf_release(&out);
}

static void test_escaping(void **state)
{
    (void)state;
    check_html(SLICE_LITERAL("</script><img src=x onerror='a' b=\"c\">&amp;"), SIZE_MAX,
               "&lt;/script&gt;&lt;img src=x onerror=&#39;a&#39; b=&quot;c&quot;&gt;&amp;amp;");
    check_html(SLICE_LITERAL("a\0b\n\xFF\xE2\x80\xA8"), SIZE_MAX,
               "a\xEF\xBF\xBD"
               "b\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    check_html(SLICE_LITERAL("<<\xC3\xA9z"), 3, "&lt;&lt;\xC3\xA9\xE2\x80\xA6");
    check_html(SLICE_LITERAL("<<\xC3\xA9"), 3, "&lt;&lt;\xC3\xA9");
    check_html(SLICE_ABSENT, 3, "");
}

/* What the writer of cells makes of values must be read as these values. */
static void test_rows_are_read_back(void **state)
{
    static const char *const values[] = {"a", "", "b,c", "\"", "d\"\"e", ",\"", ""};
    enum { VALUES = sizeof values / sizeof *values };
    struct buf rows = {0};
    (void)state;
    for (int r = 0; r < 2; r++) {
        for (int i = 0; i < VALUES; i++) {
            if (i > 0)
                csv_put_comma(&rows);
            csv_put_cell(&rows, slice_from(values[i]));
        }
        csv_end_row(&rows);
    }
    struct slice rest = buf_slice(&rows);
    struct slice row;
    int count = 0;
    for (; written_row(&rest, &row); count++) {
        for (int i = 0; i < VALUES; i++) {
            struct buf value = {0};
            written_value(&value, written_cell(&row));
            assert_true(slice_is(buf_slice(&value), values[i]) || (!value.len && !*values[i]));
            buf_release(&value);
        }
        assert_int_equal(row.len, 0);
    }
    assert_int_equal(count, 2);
    buf_release(&rows);
}

/* ---- counts ---- */

static void test_counts_by_school(void **state)
{
    struct scene scene;
    char id[64];
    (void)state;
    set_up(&scene);
    for (int i = 0; i < 600; i++) {
        (void)snprintf(id, sizeof id, "school, \"%d\"", i);
        see_row(&scene, SDS_SCHOOL, id, "", "Name");
    }
    for (int i = 0; i < 3000; i++) {
        char school[64];
        (void)snprintf(id, sizeof id, "section %d", i);
        (void)snprintf(school, sizeof school, "school, \"%d\"", i % 600);
        see_row(&scene, SDS_SECTION, id, school, "x");
        see_row(&scene, SDS_STUDENT, id, school, i % 2 ? "KG" : "12");
        see_row(&scene, SDS_TEACHER, id, school, "x");
    }
    for (int i = 2999; i >= 0; i--) {
        (void)snprintf(id, sizeof id, "school, \"%d\"", i % 600);
        notes_members(scene.notes, slice_from(id), 3);
    }
    see_row(&scene, SDS_STUDENT, "P", "school, \"9\"", "adultEducation");
    see_row(&scene, SDS_STUDENT, "P", "school, \"9\"", "");
    see_row(&scene, SDS_STUDENT, "P", "no school", "99");
    see_line(&scene, ISSUE_missing_required, "P", "school, \"9\"");
    see_line(&scene, ISSUE_unknown_grade, "P", "school, \"9\"");
    see_line(&scene, ISSUE_unknown_grade, "P", "no school");
    see_line(&scene, ISSUE_invalid_email, "P", "late");
    see_row(&scene, SDS_SCHOOL, "late", "", "L");
    struct tally *tally = &scene.notes->tally;
    assert_int_equal(tally->school_count, 602);
    const struct school_tally *school = tally_school(tally, SLICE_LITERAL("school, \"9\""));
    assert_non_null(school);
    assert_string_equal(tally_school_id(tally, school), "school, \"9\"");
    assert_string_equal(tally_school_name(tally, school), "Name");
    assert_int_equal(school->sections, 5);
    assert_int_equal(school->students, 7);
    assert_int_equal(school->teachers, 5);
    assert_int_equal(school->members, 15);
    assert_int_equal(school->lines[SEVERITY_ERROR], 1);
    assert_int_equal(school->lines[SEVERITY_WARNING], 1);
    assert_false(tally_school(tally, SLICE_LITERAL("no school"))->written);
    assert_int_equal(tally_school(tally, SLICE_LITERAL("late"))->lines[SEVERITY_WARNING], 1);
    assert_string_equal(tally_school_name(tally, tally_school(tally, SLICE_LITERAL("late"))), "L");
    assert_string_equal(grades[4].code, "KG");
    assert_int_equal(tally->grade[4], 1500);
    assert_string_equal(grades[16].code, "12");
    assert_int_equal(tally->grade[16], 1500);
    assert_int_equal(tally->grade[GRADES - 1], 2);
    assert_int_equal(tally->no_grade, 1);
    assert_false(notes_failed(scene.notes));
    tear_down(&scene);
}

/* ---- the page ---- */

static void test_advice(void **state)
{
    (void)state;
    for (int c = 0; c < ISSUE_COUNT; c++) {
        const struct advice *advice = &advice_of[c];
        if (strlen(advice->title) < 8 || strlen(advice->means) < 20 || strlen(advice->sds) < 20 ||
            strlen(advice->fix) < 8)
            fail_msg("%s has a text that says nothing", issue_kinds[c].code);
    }
}

/* Every section as large as it can be, of what grows most by escaping. */
static void test_size_is_bounded(void **state)
{
    struct scene scene;
    char text[1001];
    char id[1024];
    size_t len;
    (void)state;
    set_up(&scene);
    memset(text, '"', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 1200; i++) {
        (void)snprintf(id, sizeof id, "%d%s", i, text);
        see_row(&scene, SDS_SCHOOL, id, "", text);
    }
    for (int f = SDS_SECTION; f < SDS_FILES; f++)
        for (int i = 0; i < NOTED_ROWS + 5; i++)
            see_row(&scene, (enum sds_file)f, text, id, text);
    for (int c = 0; c < ISSUE_COUNT; c++)
        for (int i = 0; i < NOTED_LINES + 100; i++)
            see_line(&scene, (enum issue_code)c, text, id);
    struct input inputs[300];
    memset(inputs, 0, sizeof inputs);
    for (int i = 0; i < 300; i++) {
        inputs[i].label = text;
        for (int e = 0; e < ENTITY_COUNT; e++)
            inputs[i].records[e] = UINT64_MAX / 2;
    }
    scene.run.inventory = (struct inventory){.inputs = inputs, .count = 300};
    char *page = page_of(&scene, &len);
    if (len > PAGE_BYTES)
        fail_msg("%zu bytes", len);
    check_holds(page, "200 schools more are counted", true);
    check_holds(page, "100 more files of the export", true);
    check_holds(page, "The rest is in errors.csv.", true);
    free(page);
    tear_down(&scene);
}

static void test_comparison(void **state)
{
    struct scene scene;
    size_t len;
    (void)state;
    set_up(&scene);
    scene.summary.totals.file[SDS_STUDENT].rows = 1010;
    char *page = page_of(&scene, &len);
    check_holds(page, "Against the last result", false);
    check_holds(page, "nothing to compare with", true);
    check_holds(page, "changes.csv", false);
    free(page);
    scene.changes[SDS_SCHOOL].state = CHANGES_UNREADABLE;
    page = page_of(&scene, &len);
    check_holds(page, "Against the last result", true);
    check_holds(page, "the file of last time cannot be compared", true);
    check_holds(page, "nothing to compare with", false);
    check_holds(page, "changes.csv", false);
    free(page);
    scene.changes[SDS_STUDENT] = (struct file_changes){.state = CHANGES_COMPARED,
                                                       .before = 1000,
                                                       .rows = {30, 20, 7},
                                                       .new_columns = 1U << 4 | 1U << 5,
                                                       .gone_columns = 1U << 6};
    page = page_of(&scene, &len);
    check_holds(page, "1,000 before: +30 added, \xE2\x88\x92" "20 removed, 7 changed; columns that are new: ",
                true);
    check_holds(page, "; columns no longer written: ", true);
    check_holds(page, "no such file last time", true);
    check_holds(page, "changes.csv", true);
    free(page);
    tear_down(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escaping),
        cmocka_unit_test(test_rows_are_read_back),
        cmocka_unit_test(test_counts_by_school),
        cmocka_unit_test(test_advice),
        cmocka_unit_test(test_size_is_bounded),
        cmocka_unit_test(test_comparison),
    };
    hash_seed();
    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
