/* Slots and chunks by themselves: what they find, keep and refuse. */
#include "formats/base/chunks.h"
#include "formats/base/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ITEMS = 5000 };

/* Items share their tags with others; these all begin at the end of a table of any size. */
static uint32_t tag_of(uint32_t item)
{
    return UINT32_MAX - item % 3;
}

static struct slot *search(const struct slots *slots, uint32_t item)
{
    struct slot *slot = slots_first(slots, tag_of(item));
    while (slot->item && slot->item - 1 != item)
        slot = slots_next(slots, slot);
    return slot;
}

static void test_slots(void **state)
{
    (void)state;
    struct slots slots;
    assert_true(slots_init(&slots, 8));
    for (uint32_t item = 0; item < ITEMS; item++) {
        assert_true(slots_make_room(&slots, item));
        struct slot *slot = search(&slots, item);
        assert_int_equal(slot->item, 0);
        *slot = (struct slot){tag_of(item), item + 1};
        assert_true(slots.count > item + 1); /* else a search never ends */
    }
    assert_int_equal(slots.count & (slots.count - 1), 0);
    for (uint32_t item = 0; item < ITEMS; item++)
        assert_int_equal(search(&slots, item)->item, item + 1);
    assert_int_equal(search(&slots, ITEMS)->item, 0);
    slots_release(&slots);
}

static void test_impossible_slots(void **state)
{
    (void)state;
    struct slots slots;
    assert_false(slots_init(&slots, SIZE_MAX / 2 + 1));
    slots_release(&slots);
}

static void test_chunks(void **state)
{
    (void)state;
    static uint64_t *places[ITEMS];
    struct chunks chunks = {.count = 0};
    for (size_t i = 0; i < ITEMS; i++) {
        places[i] = chunks_add(&chunks, sizeof **places);
        assert_non_null(places[i]);
        *places[i] = i;
    }
    assert_int_equal(chunks.count, ITEMS);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_ptr_equal(chunks_at(&chunks, sizeof **places, i), places[i]);
        assert_int_equal(*places[i], i);
    }
    chunks.count = UINT32_MAX - 1;
    assert_null(chunks_add(&chunks, sizeof **places));
    chunks_release(&chunks);
    assert_int_equal(chunks.count, 0);
    assert_non_null(chunks_add(&chunks, sizeof **places));
    chunks_release(&chunks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_slots),
                                       cmocka_unit_test(test_impossible_slots),
                                       cmocka_unit_test(test_chunks)};
    return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
