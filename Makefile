# clever2sds: `make demo` and `make check` do everything; `make help` lists the rest.

VERSION    := 0.1.0
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
BUILD      ?= build
PKG_CONFIG ?= pkg-config

SRC      := $(sort $(wildcard converter/*.c formats/*.c formats/*/*.c))
OBJ      := $(SRC:%.c=$(BUILD)/%.o)
LIB_OBJ  := $(filter-out $(BUILD)/converter/main.o,$(OBJ))
TEST_SRC := $(sort $(wildcard tests/unit/test_*.c))
TESTS    := $(TEST_SRC:%.c=$(BUILD)/%)
GENERATE := $(BUILD)/tests/generate/generate
JUDGE    := $(BUILD)/tests/json/judge
SHIM     := $(BUILD)/tests/faults/shim.so
BENCH    := $(BUILD)/tests/bench/measure $(BUILD)/tests/bench/limits
HEADERS  := $(sort $(wildcard converter/*.h formats/*.h formats/*/*.h))

# libcsv ships no .pc file; the others do.
CPPFLAGS += -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"$(VERSION)"' \
            $(shell $(PKG_CONFIG) --cflags libcjson minizip zlib 2>/dev/null)
LDLIBS   += -lcsv $(shell $(PKG_CONFIG) --libs libcjson minizip zlib 2>/dev/null)
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings \
        -Wvla -Wformat=2 -Wundef -Wnull-dereference -Wswitch-enum -Wimplicit-fallthrough \
        -Wdate-time
HARDEN   := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection \
            -fcf-protection -fno-common -fPIE
HARDEN_L := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
OPT      ?= -O2 -g
ALL_CFLAGS  = -std=c11 -pthread $(OPT) $(WARN) $(HARDEN) -ffile-prefix-map=$(CURDIR)=. $(CFLAGS)
ALL_LDFLAGS = -pthread $(HARDEN_L) $(LDFLAGS)

FUZZ      := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_TIME ?= 20

ASAN := HARDEN= HARDEN_L= OPT='-O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer \
        -fno-sanitize-recover=all'
TSAN := HARDEN= HARDEN_L= OPT='-O1 -g -fsanitize=thread'

help:
	@echo 'make demo        install what is missing, build, convert fixtures/demo, show the result'
	@echo 'make check       install what is missing, build, run all tests'
	@echo 'make all         build $(BUILD)/clever2sds from what is installed'
	@echo 'make install     copy it to $(DESTDIR)$(BINDIR)'
	@echo 'make lint check-asan check-tsan   further tests'
	@echo 'make check-faults   every call of the program fails, for every kind of export (an hour)'
	@echo 'make fuzz      feed the readers with what chance makes of the fixtures (FUZZ_TIME seconds each)'
	@echo 'make bench       measure it against what else there is (BENCH_SIZES, BENCH_RUNS)'
	@echo 'make update-fixtures   store what the program says now as expected; look at the diff'
	@echo 'make update-docs       renew the generated tables of the documents'

all: $(BUILD)/clever2sds

# Short lines while building; `make V=1` shows the commands.
Q := $(if $(V),,@)
SAY = $(if $(V),true,echo "  $(1)")

$(BUILD)/clever2sds: $(OBJ)
	@$(call SAY,LINK $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@$(call SAY,CC   $<)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(LIB_OBJ)
	@$(call SAY,LINK $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(GENERATE): $(BUILD)/tests/generate/generate.o
	@$(call SAY,LINK $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^

$(JUDGE): $(BUILD)/tests/json/judge.o $(LIB_OBJ)
	@$(call SAY,LINK $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BENCH): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o
	@$(call SAY,LINK $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# Loaded beside the program, never linked with it: neither its flags nor its sanitizers.
$(SHIM): tests/faults/shim.c Makefile
	@mkdir -p $(@D)
	@$(call SAY,LINK $@)
	$(Q)$(CC) -D_GNU_SOURCE -std=c11 -O1 -g -Wall -Wextra -Wno-nonnull-compare -fno-builtin -fPIC \
	  -shared -o $@ $<

# What a goal needs is installed first; the build is a make of its own, because the compiler and
# pkg-config may only be there after that.
demo:
	@tests/packages.sh build
	@$(MAKE) --no-print-directory all
	@tests/demo.sh $(BUILD)

check:
	@tests/packages.sh build test
	@$(MAKE) --no-print-directory run-tests

run-tests: $(BUILD)/clever2sds $(TESTS) $(GENERATE) $(JUDGE) $(SHIM)
	@BUILD=$(abspath $(BUILD)) LC_ALL=C CMOCKA_MESSAGE_OUTPUT=TAP \
	  prove --exec '' $(TESTS) $(sort $(wildcard tests/*.t))

check-asan:
	@tests/packages.sh build test
	@ASAN_OPTIONS=allocator_may_return_null=1 \
	  $(MAKE) --no-print-directory run-tests BUILD=build/asan $(ASAN)

check-tsan:
	@tests/packages.sh build test
	@TSAN_OPTIONS=allocator_may_return_null=1 \
	  $(MAKE) --no-print-directory run-tests BUILD=build/tsan $(TSAN)

# Every call fails once, with a build that also notices lost memory; and the signals.
check-faults:
	@tests/packages.sh build test
	@$(MAKE) --no-print-directory run-faults BUILD=build/asan $(ASAN)
	@$(MAKE) --no-print-directory all $(GENERATE)
	@BUILD=$(abspath $(BUILD)) KILLS=500 SIGNALS=200 prove --exec '' tests/kill.t tests/full.t

run-faults: $(BUILD)/clever2sds $(GENERATE) $(SHIM)
	@BUILD=$(abspath $(BUILD)) prove --exec '' tests/faults/faults.py

# FUZZ_TIME: seconds for each target. The start of an empty slice is NULL + 0, which clang's
# pointer-overflow counts as an error and the coming C standard does not.
fuzz:
	@tests/packages.sh build fuzz
	@$(MAKE) --no-print-directory run-fuzz BUILD=build/fuzz CC=clang HARDEN= HARDEN_L= \
	  OPT='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=pointer-overflow \
	       -fno-sanitize-recover=all'

run-fuzz: $(FUZZ)
	@tests/fuzz/run.sh $(BUILD) $(FUZZ_TIME) $(FUZZ_TARGETS)

$(FUZZ): $(BUILD)/%: $(BUILD)/%.o $(LIB_OBJ)
	@$(call SAY,LINK $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

bench:
	@tests/packages.sh build
	@$(MAKE) --no-print-directory run-bench

run-bench: $(BUILD)/clever2sds $(GENERATE) $(BENCH)
	@BUILD=$(BUILD) python3 -B tests/bench/bench.py

lint:
	@tests/packages.sh build test lint
	@tests/lint.sh $(BUILD)
	@$(MAKE) --no-print-directory all BUILD=build/gcc CC=gcc CFLAGS=-Werror
	@$(MAKE) --no-print-directory all BUILD=build/clang CC=clang CFLAGS=-Werror
	@$(MAKE) --no-print-directory all BUILD=build/analyzer OPT='-O1 -g -fanalyzer' CFLAGS=-Werror
	cppcheck --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
	  --inline-suppr -q -I. converter formats
	clang-tidy --quiet $(SRC) -- $(CPPFLAGS) -std=c11

update-fixtures: $(BUILD)/clever2sds
	@BUILD=$(abspath $(BUILD)) LC_ALL=C tests/fixtures.t --update

update-docs: $(BUILD)/clever2sds
	@tests/docs.t --update

install: all
	install -d $(DESTDIR)$(BINDIR)
	install -m 755 $(BUILD)/clever2sds $(DESTDIR)$(BINDIR)/clever2sds

clean:
	rm -rf build

.PHONY: help all demo check run-tests check-asan check-tsan check-faults run-faults fuzz run-fuzz bench run-bench lint \
        update-fixtures update-docs install clean
.DELETE_ON_ERROR:
.SECONDARY:
-include $(OBJ:.o=.d) $(TESTS:=.d) $(GENERATE).d $(BENCH:=.d) $(FUZZ:=.d) $(JUDGE).d
