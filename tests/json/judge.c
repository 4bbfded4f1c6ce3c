/* Says of each text on standard input whether the strict check takes it: a line with its length in
 * decimal, then its bytes; the answer is a byte, 1 or 0. */
#include "formats/json/scan.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    size_t len;
    while (scanf("%zu", &len) == 1 && getchar() == '\n') {
        char *text = malloc(len + 1);
        struct json_error error;
        if (!text || fread(text, 1, len, stdin) != len)
            return 1;
        (void)putchar(json_check(slice_of(text, len), &error) ? '1' : '0');
        free(text);
    }
    return ferror(stdout) || fflush(stdout) != 0;
}
