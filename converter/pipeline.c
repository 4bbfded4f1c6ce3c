/* The only file with a mutex. It guards everything in struct pipeline but the batches, each of
 * which belongs to the thread that has taken it. Batches are numbered in the order of reading;
 * number n stands in slot n % slots:
 *
 *   committed <= next to work on <= read <= committed + slots
 */
#include "converter/pipeline.h"

#include <pthread.h>
#include <stdlib.h>

enum slot_state { SLOT_FREE, SLOT_FILLED, SLOT_WORKING, SLOT_DONE };

struct slot {
    struct batch batch;
    enum slot_state state;
};

struct pipeline {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int threads;
    struct slot *slots;
    uint64_t slot_count;
    const struct pipeline_steps *steps;
    void *context;
    uint64_t filled;    /* batches read */
    uint64_t taken;     /* batches somebody works on, or has */
    uint64_t committed;
    bool reading;
    bool committing;
    bool ended;         /* nothing more to read */
    bool failed;        /* a commit failed: stop */
    struct failure read_failure;
    struct failure failure;
};

struct helper {
    struct pipeline *pipeline;
    int number;
};

struct pipeline *pipeline_new(int threads)
{
    struct pipeline *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->threads = threads;
    p->slot_count = threads == 1 ? 1 : (uint64_t)threads * 2;
    p->slots = calloc(p->slot_count, sizeof *p->slots);
    if (!p->slots || pthread_mutex_init(&p->mutex, NULL) != 0) {
        free(p->slots);
        free(p);
        return NULL;
    }
    if (pthread_cond_init(&p->changed, NULL) != 0) {
        (void)pthread_mutex_destroy(&p->mutex);
        free(p->slots);
        free(p);
        return NULL;
    }
    return p;
}

void pipeline_free(struct pipeline *p)
{
    if (!p)
        return;
    for (uint64_t i = 0; i < p->slot_count; i++)
        batch_release(&p->slots[i].batch);
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->mutex);
    free(p->slots);
    free(p);
}

static struct slot *slot_at(struct pipeline *p, uint64_t number)
{
    return &p->slots[number % p->slot_count];
}

/* Each of the three is called with the mutex held, and holds it again when it returns. */

static void do_commit(struct pipeline *p)
{
    struct slot *slot = slot_at(p, p->committed);
    p->committing = true;
    (void)pthread_mutex_unlock(&p->mutex);
    bool ok = p->steps->commit(p->context, &slot->batch, &p->failure);
    (void)pthread_mutex_lock(&p->mutex);
    p->committing = false;
    p->failed = p->failed || !ok;
    slot->state = SLOT_FREE;
    p->committed++;
}

static void do_work(struct pipeline *p, int worker)
{
    struct slot *slot = slot_at(p, p->taken++);
    slot->state = SLOT_WORKING;
    (void)pthread_mutex_unlock(&p->mutex);
    p->steps->work(p->context, worker, &slot->batch);
    (void)pthread_mutex_lock(&p->mutex);
    slot->state = SLOT_DONE;
}

static void do_read(struct pipeline *p)
{
    struct slot *slot = slot_at(p, p->filled);
    bool more = false;
    p->reading = true;
    (void)pthread_mutex_unlock(&p->mutex);
    batch_reset(&slot->batch);
    bool ok = p->steps->read(p->context, &slot->batch, &more, &p->read_failure);
    (void)pthread_mutex_lock(&p->mutex);
    p->reading = false;
    p->ended = !ok || !more;
    if (ok) {
        slot->state = SLOT_FILLED;
        p->filled++;
    }
}

static bool can_commit(struct pipeline *p)
{
    return !p->committing && p->committed < p->taken &&
           slot_at(p, p->committed)->state == SLOT_DONE;
}

static bool can_read(const struct pipeline *p)
{
    return !p->reading && !p->ended && p->filled - p->committed < p->slot_count;
}

static bool finished(const struct pipeline *p)
{
    return p->failed || (p->ended && !p->reading && p->committed == p->filled);
}

static void serve(struct pipeline *p, int worker)
{
    (void)pthread_mutex_lock(&p->mutex);
    while (!finished(p)) {
        bool starving = p->filled - p->taken < (uint64_t)p->threads;
        if (starving && can_read(p)) {
            do_read(p); /* first: only one thread can do that, and unpacking takes its time */
        } else if (can_commit(p)) {
            do_commit(p);
        } else if (p->taken < p->filled) {
            do_work(p, worker);
        } else {
            (void)pthread_cond_wait(&p->changed, &p->mutex);
            continue;
        }
        (void)pthread_cond_broadcast(&p->changed);
    }
    (void)pthread_mutex_unlock(&p->mutex);
}

static void *helper_main(void *argument)
{
    const struct helper *helper = argument;
    serve(helper->pipeline, helper->number);
    return NULL;
}

/* Serves with `threads` threads, the calling one included; fewer when the system gives no more. */
static bool serve_all(struct pipeline *p)
{
    size_t count = (size_t)p->threads - 1;
    struct helper *helpers = calloc(count + 1, sizeof *helpers);
    pthread_t *ids = calloc(count + 1, sizeof *ids);
    if (!helpers || !ids) {
        free(helpers);
        free(ids);
        return false;
    }
    size_t started = 0;
    for (; started < count; started++) {
        helpers[started] = (struct helper){p, (int)started + 1};
        if (pthread_create(&ids[started], NULL, helper_main, &helpers[started]) != 0)
            break;
    }
    serve(p, 0);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(ids[i], NULL);
    free(helpers);
    free(ids);
    return true;
}

bool pipeline_run(struct pipeline *p, const struct pipeline_steps *steps, void *context,
                  struct failure *failure)
{
    p->steps = steps;
    p->context = context;
    p->filled = p->taken = p->committed = 0;
    p->reading = p->committing = p->ended = p->failed = false;
    p->read_failure = p->failure = (struct failure){.kind = FAILURE_NONE};
    /* A stage of one batch needs no helpers. */
    (void)pthread_mutex_lock(&p->mutex);
    do_read(p);
    bool more = !p->ended;
    (void)pthread_mutex_unlock(&p->mutex);
    if (!more || p->threads == 1)
        serve(p, 0);
    else if (!serve_all(p))
        return failure_no_memory(failure);
    if (p->failed)
        return failure_take(failure, &p->failure);
    return p->read_failure.kind == FAILURE_NONE || failure_take(failure, &p->read_failure);
}
