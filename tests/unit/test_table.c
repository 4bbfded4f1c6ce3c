/* Files of SDS that are read back, whole or in parts: headers, rows, places, whatever the size of the
 * window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "formats/base/buf.h"
#include "formats/sds/parts.h"

#include <stdlib.h>
#include <unistd.h>

static int file_of(const char *text)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fflush(file), 0);
    int fd = dup(fileno(file));
    assert_true(fd >= 0);
    (void)fclose(file);
    return fd;
}

static void expect_header(const char *text, enum sds_table_result expected)
{
    struct sds_table table;
    int fd = file_of(text);
    enum sds_table_result result =
        sds_table_open(&table, fd, &sds_formats[SDS_SCHOOL], 16);
    if (result != expected)
        fail_msg("%s: %d", text, (int)result);
    sds_table_release(&table);
    (void)close(fd);
}

static void test_headers(void **state)
{
    (void)state;
    expect_header("SIS ID,Name", SDS_TABLE_ROW);
    expect_header("\xEF\xBB\xBFSIS ID,Name\r\n", SDS_TABLE_ROW);
    expect_header("\r\n\r\n\"Name\",\"SIS ID\"\n", SDS_TABLE_ROW);
    expect_header("", SDS_TABLE_ODD);
    expect_header("\r\n", SDS_TABLE_ODD);
    expect_header("SIS ID\r\n", SDS_TABLE_ODD);
    expect_header("Name,Phone\r\n", SDS_TABLE_ODD);
    expect_header("SIS ID,Name,Name\r\n", SDS_TABLE_ODD);
    expect_header("SIS ID,Name,name\r\n", SDS_TABLE_ODD);
    expect_header("SIS ID,Name,\r\n", SDS_TABLE_ODD);
    expect_header("SIS ID,Name,\"Phone\r\n", SDS_TABLE_ODD);
    expect_header("SIS ID,\"Name\"x\r\n", SDS_TABLE_ODD);
    expect_header("SIS ID;Name\r\n", SDS_TABLE_ODD);
}

static void expect_row(struct sds_table *table, const char *id, const char *name)
{
    struct sds_table_row row;
    assert_int_equal(sds_table_peek(table, &row), SDS_TABLE_ROW);
    assert_true(slice_is(row.cells[0], id));
    assert_true(slice_is(row.cells[1], name));
    assert_null(row.cells[2].ptr);
    sds_table_skip(table, row.text.len);
}

/* The same rows with every size of the window. */
static void test_rows(void **state)
{
    (void)state;
    int fd = file_of("Name,SIS ID\r\n\r\none,1\n\"t,\"\"w\"\"\r\no\",2\r\r\n,3\r\nlast,4");
    for (size_t window = 1; window < 70; window++) {
        struct sds_table table;
        assert_int_equal(sds_table_open(&table, fd, &sds_formats[SDS_SCHOOL], window),
                         SDS_TABLE_ROW);
        struct sds_table_row second;
        expect_row(&table, "1", "one");
        assert_int_equal(sds_table_peek(&table, &second), SDS_TABLE_ROW);
        uint64_t place = second.place;
        expect_row(&table, "2", "t,\"w\"\r\no");
        expect_row(&table, "3", "");
        expect_row(&table, "4", "last");
        assert_int_equal(sds_table_peek(&table, &second), SDS_TABLE_END);
        sds_table_seek(&table, place);
        expect_row(&table, "2", "t,\"w\"\r\no");
        expect_row(&table, "3", "");
        sds_table_release(&table);
    }
    (void)close(fd);
}

static void test_bytes_ahead(void **state)
{
    (void)state;
    int fd = file_of("SIS ID,Name\r\n1,one\r\n");
    struct sds_table table;
    assert_int_equal(sds_table_open(&table, fd, &sds_formats[SDS_SCHOOL], 8), SDS_TABLE_ROW);
    struct slice ahead = sds_table_ahead(&table);
    assert_true(ahead.len > 0 && slice_starts(SLICE_LITERAL("1,one\r\n"), ahead));
    sds_table_skip(&table, ahead.len);
    while ((ahead = sds_table_ahead(&table)).len > 0)
        sds_table_skip(&table, ahead.len);
    struct sds_table_row row;
    assert_int_equal(sds_table_peek(&table, &row), SDS_TABLE_END);
    sds_table_release(&table);
    (void)close(fd);
}

static void expect_odd_row(const char *row)
{
    struct buf text = {0};
    buf_printf(&text, "SIS ID,Name\r\n1,one\r\n%s", row);
    int fd = file_of(buf_text(&text));
    struct sds_table table;
    struct sds_table_row got;
    assert_int_equal(sds_table_open(&table, fd, &sds_formats[SDS_SCHOOL], 16), SDS_TABLE_ROW);
    expect_row(&table, "1", "one");
    if (sds_table_peek(&table, &got) != SDS_TABLE_ODD)
        fail_msg("%s", row);
    sds_table_release(&table);
    buf_release(&text);
    (void)close(fd);
}

static void test_odd_rows(void **state)
{
    (void)state;
    expect_odd_row("2");
    expect_odd_row("2,two,\r\n");
    expect_odd_row("2,\"two\r\n");
    expect_odd_row("2,\"two\" \r\n");
    expect_odd_row("2,t\"wo\r\n");
}

static void test_cannot_read(void **state)
{
    (void)state;
    struct sds_table table;
    assert_int_equal(sds_table_open(&table, -1, &sds_formats[SDS_SCHOOL], 16),
                     SDS_TABLE_FAILED);
    sds_table_release(&table);
}

static int open_numbered(const void *context, uint32_t part)
{
    char text[64];
    (void)context;
    (void)snprintf(text, sizeof text, "SIS ID,Name\r\n%s%u,of part\r\n", part % 3 ? "" : "\r\n", part);
    return part % 7 == 6 ? file_of("Name,SIS ID\r\n") : file_of(part % 5 ? text : "SIS ID,Name");
}

/* Part 0 has no rows, nor has any fifth one; the seventh has another header. */
static void test_parts(void **state)
{
    (void)state;
    struct sds_parts parts;
    struct sds_table_row row;
    struct sds_source source = {6, open_numbered, NULL};
    uint64_t places[6] = {0};
    assert_int_equal(sds_parts_open(&parts, &source, &sds_formats[SDS_SCHOOL], 16), SDS_TABLE_ROW);
    for (unsigned i = 1; i < 5; i++) {
        assert_int_equal(sds_parts_peek(&parts, &row), SDS_TABLE_ROW);
        assert_true(row.cells[0].len == 1 && row.cells[0].ptr[0] == (char)('0' + i));
        assert_true(row.place > places[i - 1]);
        places[i] = row.place;
        sds_table_skip(&parts.current->table, row.text.len);
    }
    assert_int_equal(sds_parts_peek(&parts, &row), SDS_TABLE_END);
    for (unsigned i = 4; i > 0; i--) {
        assert_int_equal(sds_parts_seek(&parts, places[i], &row), SDS_TABLE_ROW);
        assert_true(row.cells[0].ptr[0] == (char)('0' + i) && row.place == places[i]);
    }
    sds_parts_release(&parts);
}

static void test_part_with_another_header(void **state)
{
    (void)state;
    struct sds_parts parts;
    struct sds_table_row row;
    struct sds_source source = {9, open_numbered, NULL};
    enum sds_table_result result;
    assert_int_equal(sds_parts_open(&parts, &source, &sds_formats[SDS_SCHOOL], 16), SDS_TABLE_ROW);
    while ((result = sds_parts_peek(&parts, &row)) == SDS_TABLE_ROW)
        sds_table_skip(&parts.current->table, row.text.len);
    assert_int_equal(result, SDS_TABLE_ODD);
    sds_parts_release(&parts);
}

static int open_nothing(const void *context, uint32_t part)
{
    (void)context;
    return part == 0 ? file_of("SIS ID,Name") : -1;
}

static void test_part_that_is_missing(void **state)
{
    (void)state;
    struct sds_parts parts;
    struct sds_table_row row;
    struct sds_source source = {2, open_nothing, NULL};
    assert_int_equal(sds_parts_open(&parts, &source, &sds_formats[SDS_SCHOOL], 16), SDS_TABLE_ROW);
    assert_int_equal(sds_parts_peek(&parts, &row), SDS_TABLE_FAILED);
    sds_parts_release(&parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),     cmocka_unit_test(test_rows),
        cmocka_unit_test(test_bytes_ahead), cmocka_unit_test(test_odd_rows),
        cmocka_unit_test(test_cannot_read), cmocka_unit_test(test_parts),
        cmocka_unit_test(test_part_with_another_header),
        cmocka_unit_test(test_part_that_is_missing),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
