/* All or nothing: the result is made in a folder beside DIR and takes DIR's place in one step
 * (converter/README.md).
 *
 *   parent/.DIR.clever2sds-lock      held from outdir_open to outdir_free (converter/lock.h)
 *   parent/.DIR.clever2sds-PID-N     the stage
 *   parent/DIR                       exchanged with it by one renameat2(RENAME_EXCHANGE)
 *
 * Whoever reads DIR sees the old folder or the new one. Files of somebody else in DIR are carried
 * along: as hard links before the exchange, so that they never miss, or, for folders, by moving
 * them right after it. In `review` and in the folders of sets, somebody else's may stand beside
 * ours, so these are looked through entry by entry. A run that was killed leaves its stage behind;
 * the next one clears it away and moves back what is somebody else's.
 */
#ifndef CONVERTER_OUTDIR_H
#define CONVERTER_OUTDIR_H

#include "converter/progress.h"
#include "converter/sandbox.h"
#include "formats/base/buf.h"
#include "formats/base/failure.h"
#include "formats/base/slice.h"

#include <stdint.h>

struct outdir;

/* Locks DIR against other runs, waiting at most `wait` seconds for the end of one, finds out
 * whether it can be replaced, and makes the stage, with a folder `review` in it. `sets_told` finds
 * out how many sets (folders 1, 2, 3 ...) the result has that a review/summary.json, terminated or
 * NULL, tells of; false: out of memory. NULL with FAILURE_OUTPUT, also after a signal while
 * waiting; nothing is left then. */
struct outdir *outdir_open(const char *dir, bool (*sets_told)(const char *summary, uint32_t *sets),
                           uint64_t wait, struct progress *progress, struct failure *failure);

/* Allows what the rest of the run needs: to write in the stage and in DIR, and to exchange them. */
bool outdir_allow(const struct outdir *outdir, struct sandbox *sandbox, struct failure *failure);

/* Creates a file in the stage, readable by its owner only; `name` like "School.csv" or
 * "review/errors.csv". The descriptor, or -1 with a failure. */
int outdir_create(struct outdir *outdir, const char *name, struct failure *failure);

/* Makes the folder of a set in the stage: DIR/`set`, from 1 on, each once and in this order. */
bool outdir_make_set(struct outdir *outdir, uint32_t set, struct failure *failure);

/* Like outdir_create for a file of a set that was made. */
int outdir_create_in_set(struct outdir *outdir, uint32_t set, const char *name,
                         struct failure *failure);
/* Creates a file of the stage that has no name and is gone when it is closed. The descriptor, or
 * -1 with a failure. */
int outdir_temporary(struct outdir *outdir, struct failure *failure);

/* Removes a file of the stage again. */
bool outdir_remove(struct outdir *outdir, const char *name, struct failure *failure);

/* Puts the stage in the place of DIR. `owned` says which paths in DIR ("School.csv", "3" for the
 * folder of a set, "3/School.csv") belong to this program's results, old or new; all others are
 * somebody else's. All files must be closed and durable. */
bool outdir_publish(struct outdir *outdir, bool (*owned)(const void *context, struct slice name),
                    const void *context, struct failure *failure);

/* Puts only the stage's `review` in the place of DIR's; makes DIR when it is not there. */
bool outdir_publish_review(struct outdir *outdir, struct failure *failure);

/* Opens DIR's file `name` for reading. -1 with errno: ENOENT for none of that name (or a link to
 * nothing), EINVAL for what is no regular file, else why it cannot be opened. */
int outdir_open_old(const struct outdir *outdir, const char *name);

/* Appends the bytes of DIR's file `name` to `text`, nothing when there is no such file of at most
 * `limit` bytes. False with a failure when there is one that cannot be read. buf_text(text) does
 * not run out of memory behind it. */
bool outdir_old_file(const struct outdir *outdir, const char *name, size_t limit, struct buf *text,
                     struct failure *failure);

/* Removes the stage if it is still there, and lets other runs in. */
void outdir_free(struct outdir *outdir);

#endif
