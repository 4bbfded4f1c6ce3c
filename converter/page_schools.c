/* The district by school and by grade. */
#include "converter/html.h"
#include "converter/page.h"

#include <stdlib.h>

enum { SHOWN_SCHOOLS = 1000, GRADE_WIDTH = 300 };

static int larger_first(const void *a, const void *b)
{
    const struct school_tally *x = *(const struct school_tally *const *)a;
    const struct school_tally *y = *(const struct school_tally *const *)b;
    if (x->students != y->students)
        return x->students < y->students ? 1 : -1;
    return (x > y) - (x < y);
}

static void put_numbers(struct buf *out, const struct school_tally *school)
{
    page_put_number(out, school->students);
    page_put_number(out, school->teachers);
    page_put_number(out, school->sections);
    page_put_number(out, school->members);
    page_put_number(out, school->lines[SEVERITY_ERROR]);
    page_put_number(out, school->lines[SEVERITY_WARNING]);
}

static void put_school(struct buf *out, const struct tally *tally,
                       const struct school_tally *school)
{
    buf_put_text(out, "<tr><th scope=\"row\">");
    html_put_text(out, tally_school_name(tally, school));
    buf_put_text(out, "</th>");
    buf_put_text(out, "<td class=\"id\">");
    html_put_text(out, tally_school_id(tally, school));
    buf_put_text(out, "</td>");
    put_numbers(out, school);
    buf_put_text(out, "</tr>\n");
}

/* Lines of no school, or of one that is not written. */
static uint64_t elsewhere(const struct tally *tally, enum severity severity)
{
    uint64_t lines = tally->elsewhere[severity];
    for (size_t i = 0; i < tally->school_count; i++)
        lines += tally->schools[i].written ? 0 : tally->schools[i].lines[severity];
    return lines;
}

static struct school_tally sum_of(const struct tally *tally)
{
    struct school_tally sum = {.name = 0};
    for (size_t i = 0; i < tally->school_count; i++) {
        const struct school_tally *school = &tally->schools[i];
        sum.students += school->students;
        sum.teachers += school->teachers;
        sum.sections += school->sections;
        sum.members += school->members;
        for (int s = 0; s < SEVERITIES; s++)
            sum.lines[s] += school->lines[s];
    }
    for (int s = 0; s < SEVERITIES; s++)
        sum.lines[s] += tally->elsewhere[s];
    return sum;
}

static void put_foot(struct buf *out, const struct tally *tally)
{
    struct school_tally sum = sum_of(tally);
    uint64_t errors = elsewhere(tally, SEVERITY_ERROR);
    uint64_t warnings = elsewhere(tally, SEVERITY_WARNING);
    buf_put_text(out, "</tbody>\n<tfoot>\n");
    if (errors + warnings) {
        buf_put_text(out, "<tr><th scope=\"row\" colspan=\"6\">Problems of no school that was "
                          "written</th>");
        page_put_number(out, errors);
        page_put_number(out, warnings);
        buf_put_text(out, "</tr>\n");
    }
    buf_put_text(out, "<tr class=\"sum\"><th scope=\"row\" colspan=\"2\">All together</th>");
    put_numbers(out, &sum);
    buf_put_text(out, "</tr>\n</tfoot></table></div>\n");
}

static void put_head(struct buf *out)
{
    static const char *const numbers[] = {"Students",    "Teachers", "Sections",
                                          "Memberships", "Errors",   "Warnings"};
    page_begin_table(out, "Schools", "schools sortable");
    buf_put_text(out, "<caption>Rows and problems by school; who is at several schools counts at "
                      "the one that is written</caption>\n<thead><tr>");
    page_put_heading(out, "School", false);
    page_put_heading(out, "SIS ID", false);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        page_put_heading(out, numbers[i], true);
    buf_put_text(out, "</tr></thead>\n<tbody>\n");
}

static void put_schools(struct buf *out, const struct tally *tally)
{
    size_t count = 0;
    const struct school_tally **order = malloc((tally->school_count + 1) * sizeof *order);
    if (!order) {
        out->oom = true;
        return;
    }
    for (size_t i = 0; i < tally->school_count; i++)
        if (tally->schools[i].written)
            order[count++] = &tally->schools[i];
    qsort(order, count, sizeof *order, larger_first);
    put_head(out);
    for (size_t i = 0; i < count && i < SHOWN_SCHOOLS; i++)
        put_school(out, tally, order[i]);
    put_foot(out, tally);
    if (count > SHOWN_SCHOOLS) {
        buf_printf(out, "<p>The %d schools with the most students are shown; ", SHOWN_SCHOOLS);
        page_put_count(out, count - SHOWN_SCHOOLS, "school");
        buf_put_text(out, " more are counted in the sum.</p>\n");
    }
    free(order);
}

/* ---- grades ---- */

static void put_grade(struct buf *out, const char *code, const char *label, uint64_t students,
                      uint64_t most)
{
    if (students == 0)
        return;
    double width = (double)GRADE_WIDTH * (double)students / (double)most;
    buf_printf(out, "<tr><th scope=\"row\">%s%s%s%s</th>", label, *code ? " <small>" : "", code,
               *code ? "</small>" : "");
    page_put_number(out, students);
    buf_printf(out,
               "<td class=\"draw\"><svg class=\"bar\" viewBox=\"0 0 %d 12\" "
               "preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\"><rect "
               "class=\"kept\" width=\"%.1f\" height=\"12\"/></svg></td></tr>\n",
               GRADE_WIDTH, width < 2 ? 2 : width);
}

static void put_grades(struct buf *out, const struct tally *tally)
{
    uint64_t most = tally->no_grade;
    for (size_t i = 0; i < GRADES; i++)
        most = tally->grade[i] > most ? tally->grade[i] : most;
    if (!tally->grades_written || most == 0) {
        buf_put_text(out, tally->grades_written
                              ? "<p>There are no students.</p>\n"
                              : "<p>The column Grade is not written, so there is no chart of "
                                "grades.</p>\n");
        return;
    }
    page_begin_table(out, "Students by grade", "grades");
    buf_put_text(out, "<caption>Students by grade</caption>\n<thead><tr>");
    page_put_heading(out, "Grade", false);
    page_put_heading(out, "Students", true);
    page_put_heading(out, "Drawn", false);
    buf_put_text(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < GRADES; i++)
        put_grade(out, grades[i].code, grades[i].label, tally->grade[i], most);
    put_grade(out, "", "No grade", tally->no_grade, most);
    page_end_table(out);
}

void page_put_schools(struct buf *out, const struct page *page)
{
    const struct tally *tally = &page->notes->tally;
    bool any = false;
    for (size_t i = 0; i < tally->school_count; i++)
        any = any || tally->schools[i].written;
    if (any)
        put_schools(out, tally);
    else
        buf_put_text(out, "<p>There are no schools.</p>\n");
    put_grades(out, tally);
}
