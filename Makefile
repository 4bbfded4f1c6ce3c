# clever2sds: `make demo` and `make check` do everything; `make help` lists the rest.

# The version, and the time that stands in for now in what is built, are those of the newest entry
# of the changelog.
PACKAGE    := converter/package
VERSION    := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' $(PACKAGE)/changelog)
RELEASED   := $(shell date -u +%s -d "$$(sed -n '/^ -- /{s/.*>  //p;q}' $(PACKAGE)/changelog)")

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
MANDIR     ?= $(PREFIX)/share/man
DOCDIR     ?= $(PREFIX)/share/doc/clever2sds
BASHDIR    ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR     ?= $(PREFIX)/share/zsh/site-functions
DATADIR    ?= $(PREFIX)/share/clever2sds
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
OLD_KERNEL := $(BUILD)/tests/old_kernel/old_kernel
BENCH    := $(BUILD)/tests/bench/measure $(BUILD)/tests/bench/limits
EXAMPLES := $(sort $(wildcard converter/examples/*))
HEADERS  := $(sort $(wildcard converter/*.h formats/*.h formats/*/*.h))
SHARED   := $(addprefix $(BUILD)/share/,clever2sds.1 clever2sds.bash _clever2sds)
DOCUMENTS := README.md converter/README.md converter/page/picture.png formats/README.md $(wildcard LICENSE)

# libcsv ships no .pc file; the others do.
LIBRARIES := libcjson libseccomp minizip zlib
CPPFLAGS += -I. -I$(BUILD) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"$(VERSION)"' \
            $(shell $(PKG_CONFIG) --cflags $(LIBRARIES) 2>/dev/null)
LDLIBS   += -lcsv $(shell $(PKG_CONFIG) --libs $(LIBRARIES) 2>/dev/null)
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings \
        -Wvla -Wformat=2 -Wundef -Wnull-dereference -Wswitch-enum -Wimplicit-fallthrough \
        -Wdate-time
MACHINE  := $(shell $(CC) -dumpmachine)
CONTROL_FLOW := $(if $(filter x86_64-%,$(MACHINE)),-fcf-protection)\
                $(if $(filter aarch64-%,$(MACHINE)),-mbranch-protection=standard)
HARDEN   := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection \
            $(CONTROL_FLOW) -fno-common -fPIE
HARDEN_L := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
OPT      ?= -O3 -g
ALL_CFLAGS  = -std=c11 -pthread $(OPT) $(WARN) $(HARDEN) -ffile-prefix-map=$(CURDIR)=. $(CFLAGS)
ALL_LDFLAGS = -pthread $(HARDEN_L) $(LDFLAGS)

FUZZ      := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_TIME ?= 20

# Sanitizers need what the sandbox takes away (/proc, ptrace, clone).
ASAN := HARDEN= HARDEN_L= OPT='-O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer \
        -fno-sanitize-recover=all -DWITHOUT_SANDBOX'
TSAN := HARDEN= HARDEN_L= OPT='-O1 -g -fsanitize=thread -DWITHOUT_SANDBOX'

# MemorySanitizer takes what others write for never written: the libraries are compiled for it, too.
MEMORY    := -O1 -g -fsanitize=memory -fsanitize-memory-track-origins -fno-omit-frame-pointer
MSAN_LIBS := build/msan/libraries
MSAN_CALLS := build/msan/tests/msan/calls.o
MSAN      := BUILD=build/msan CC=clang HARDEN= HARDEN_L= OPT='$(MEMORY) -DWITHOUT_SANDBOX'

# valgrind knows no Landlock. What it finds stands in the way of the expected standard error.
VALGRIND := BUILD=build/valgrind HARDEN= HARDEN_L= OPT='-O1 -g -DWITHOUT_SANDBOX'
UNDER    := valgrind -q --error-exitcode=99 --leak-check=full \
            --errors-for-leak-kinds=definite,indirect,possible

# Without optimisation the program has the lines and branches of its source.
FLUSH    := build/coverage/tests/coverage/flush.o
COVERAGE := BUILD=build/coverage CC=gcc HARDEN= HARDEN_L= \
            OPT='-O0 -g --coverage -fprofile-update=atomic'

help:
	@echo 'make demo        install what is missing, build, convert fixtures/demo, show the result'
	@echo 'make check       install what is missing, build, run all tests'
	@echo 'make all         build $(BUILD)/clever2sds from what is installed'
	@echo 'make install     copy it to $(DESTDIR)$(BINDIR), with manual page, completions, documents, examples'
	@echo 'make uninstall   remove these again'
	@echo 'make static      one file that runs on any Linux of its kind (STATIC=amd64 or arm64)'
	@echo 'make deb dist    a Debian package; an archive of the source'
	@echo 'make check-install check-static check-deb check-reproducible   test these'
	@echo 'make lint check-asan check-tsan check-msan check-valgrind   further tests'
	@echo 'make check-portable check-page   further tests'
	@echo 'make check-faults   every call of the program fails, for every kind of export (an hour or two)'
	@echo 'make fuzz      feed the readers with what chance makes of the fixtures (FUZZ_TIME seconds each)'
	@echo 'make coverage    which lines and branches the tests of make check come by'
	@echo 'make bench       measure it against what else there is (BENCH_SIZES, BENCH_RUNS)'
	@echo 'make update-fixtures   store what the program says now as expected; look at the diff'
	@echo 'make update-picture    draw the review page of the demo for README.md'
	@echo 'make update-docs       renew the generated tables of the documents'

all: $(BUILD)/clever2sds $(SHARED)

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

# The static parts of the review page become lists of string literals, and what its policy allows
# is named by hash.
PAGE_PARTS := $(addprefix $(BUILD)/converter/page/,page.html.inc page.css.inc page.js.inc \
                page.css.hash page.js.hash)

$(BUILD)/converter/page_parts.o: | $(PAGE_PARTS)

$(BUILD)/converter/page/%.inc: converter/page/%
	@mkdir -p $(@D)
	$(Q)sed 's/[\\"]/\\&/g; s/.*/"&\\n",/' $< >$@

$(BUILD)/converter/page/%.hash: converter/page/%
	@mkdir -p $(@D)
	$(Q)sha256sum <$< | cut -c1-64 | tr a-f A-F | basenc --base16 -d | base64 | \
	  sed 's/.*/"sha256-&"/' >$@

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(LIB_OBJ)
	@$(call SAY,LINK $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(BUILD)/share/clever2sds.1: $(BUILD)/clever2sds README.md $(wildcard $(PACKAGE)/*)
	@mkdir -p $(@D)
	$(Q)$(PACKAGE)/manual.sh $< $(VERSION) $$(date -u -d @$(RELEASED) +%F) >$@

$(BUILD)/share/clever2sds.bash: $(BUILD)/clever2sds $(PACKAGE)/completion.sh
	@mkdir -p $(@D)
	$(Q)$(PACKAGE)/completion.sh bash $< >$@

$(BUILD)/share/_clever2sds: $(BUILD)/clever2sds $(PACKAGE)/completion.sh
	@mkdir -p $(@D)
	$(Q)$(PACKAGE)/completion.sh zsh $< >$@

$(GENERATE): $(BUILD)/tests/generate/generate.o
	@$(call SAY,LINK $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^

$(JUDGE): $(BUILD)/tests/json/judge.o $(LIB_OBJ)
	@$(call SAY,LINK $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(OLD_KERNEL): $(BUILD)/tests/old_kernel/old_kernel.o
	@$(call SAY,LINK $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^

$(BENCH): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o
	@$(call SAY,LINK $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# Loaded beside the program, never linked with it: neither its flags nor its sanitizers.
$(SHIM): tests/faults/shim.c Makefile
	@mkdir -p $(@D)
	@$(call SAY,LINK $@)
	$(Q)$(CC) -D_GNU_SOURCE -std=c11 -O1 -g -Wall -Wextra $(if $(findstring clang,$(CC)),,-Wno-nonnull-compare) -fno-builtin -fPIC \
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

# ONLY: which of them.
ONLY ?= $(wildcard tests/*.t)

run-tests: $(BUILD)/clever2sds $(TESTS) $(GENERATE) $(JUDGE) $(SHIM)
	@BUILD=$(abspath $(BUILD)) LC_ALL=C CMOCKA_MESSAGE_OUTPUT=TAP \
	  prove --exec '' $(TESTS) $(sort $(ONLY))

# The review page in a browser, with what that takes: also what `make check` leaves out.
check-page:
	@tests/packages.sh build test page
	@cd tests/page && npm ci --no-progress
	@$(MAKE) --no-print-directory all
	@BUILD=$(abspath $(BUILD)) LC_ALL=C CI= STRICT=strict prove --exec '' tests/page.t

check-asan:
	@tests/packages.sh build test
	@ASAN_OPTIONS=allocator_may_return_null=1 \
	  $(MAKE) --no-print-directory run-tests BUILD=build/asan $(ASAN)

check-tsan:
	@tests/packages.sh build test
	@TSAN_OPTIONS=allocator_may_return_null=1 \
	  $(MAKE) --no-print-directory run-tests BUILD=build/tsan $(TSAN)

check-msan:
	@tests/packages.sh build test msan
	@tests/msan/libraries.sh $(MSAN_LIBS) '$(MEMORY)'
	@$(MAKE) --no-print-directory $(MSAN_CALLS) $(MSAN)
	@MSAN_OPTIONS=allocator_may_return_null=1 $(MAKE) --no-print-directory run-tests $(MSAN) \
	  LDFLAGS='-L$(MSAN_LIBS) $(MSAN_CALLS) -Wl,--wrap=stat64,--wrap=fstat64,--wrap=fstatat64,--wrap=getdents64'

# As on a processor without SSE2 whose char has no sign, such as arm64.
check-portable:
	@tests/packages.sh build test
	@$(MAKE) --no-print-directory run-tests BUILD=build/portable CFLAGS='-funsigned-char -U__SSE2__'

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

# Every fixture under valgrind, once: some minutes.
check-valgrind:
	@tests/packages.sh build test valgrind
	@$(MAKE) --no-print-directory build/valgrind/clever2sds $(VALGRIND)
	@BUILD=$(abspath build/valgrind) LC_ALL=C UNDER='$(UNDER)' prove tests/fixtures.t

coverage:
	@tests/packages.sh build test coverage
	@mkdir -p build/coverage
	@find build/coverage -name '*.gcda' -delete
	@$(MAKE) --no-print-directory $(FLUSH) $(COVERAGE)
	@$(MAKE) --no-print-directory run-tests $(COVERAGE) \
	  LDFLAGS='$(FLUSH) -Wl,--wrap=syscall,--wrap=_exit,--wrap=raise'
	@tests/coverage/report.py build/coverage

$(FLUSH): CPPFLAGS += -DCOUNTS='"$(CURDIR)/build/coverage"'

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
	@$(MAKE) --no-print-directory page-parts
	clang-tidy --quiet $(SRC) -- $(CPPFLAGS) -std=c11

page-parts: $(PAGE_PARTS)

update-fixtures: $(BUILD)/clever2sds
	@BUILD=$(abspath $(BUILD)) LC_ALL=C tests/fixtures.t --update

update-docs: $(BUILD)/clever2sds
	@tests/docs.t --update

update-picture:
	@tests/packages.sh build page
	@cd tests/page && npm ci --no-progress
	@$(MAKE) --no-print-directory all
	@tests/demo.sh $(BUILD) >$(BUILD)/demo.txt
	@node tests/page/picture.js $(BUILD)/demo/sds/review/report.html converter/page/picture.png \
	  light 1120 1180

install: all
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(MANDIR)/man1 $(BASHDIR) $(ZSHDIR)) \
	  $(addprefix $(DESTDIR)$(DOCDIR)/,$(sort $(dir $(DOCUMENTS))))
	install -m 755 $(BUILD)/clever2sds $(DESTDIR)$(BINDIR)/clever2sds
	install -m 644 $(BUILD)/share/clever2sds.1 $(DESTDIR)$(MANDIR)/man1/clever2sds.1
	sed -i 's|@DOCDIR@|$(DOCDIR)|' $(DESTDIR)$(MANDIR)/man1/clever2sds.1
	install -m 644 $(BUILD)/share/clever2sds.bash $(DESTDIR)$(BASHDIR)/clever2sds
	install -m 644 $(BUILD)/share/_clever2sds $(DESTDIR)$(ZSHDIR)/_clever2sds
	for file in $(DOCUMENTS); do \
	  install -m 644 $$file $(DESTDIR)$(DOCDIR)/$$file || exit 1; done
	install -d $(DESTDIR)$(DATADIR)
	install -m 644 converter/summary.schema.json $(DESTDIR)$(DATADIR)/summary.schema.json
	install -d $(DESTDIR)$(DOCDIR)/examples
	for example in $(EXAMPLES); do \
	  sed 's|/usr/local/bin/|$(BINDIR)/|' $$example >$(BUILD)/example && \
	  install -m 644 $(BUILD)/example $(DESTDIR)$(DOCDIR)/examples/$${example##*/} || exit 1; \
	done

check-install:
	@tests/packages.sh build test
	@$(MAKE) --no-print-directory all
	@BUILD=$(abspath $(BUILD)) LC_ALL=C prove tests/install.t

uninstall:
	rm -f $(addprefix $(DESTDIR),$(BINDIR)/clever2sds $(MANDIR)/man1/clever2sds.1 \
	  $(BASHDIR)/clever2sds $(ZSHDIR)/_clever2sds $(addprefix $(DOCDIR)/,$(DOCUMENTS)) \
	  $(addprefix $(DOCDIR)/examples/,$(notdir $(EXAMPLES))) $(DATADIR)/summary.schema.json)
	-rmdir $(DESTDIR)$(DATADIR)
	-rmdir $(addprefix $(DESTDIR)$(DOCDIR),/converter/page /converter /formats /examples) $(DESTDIR)$(DOCDIR)

# One file without shared libraries, for this kind of machine or another one that Debian can
# compile for; its libraries are made of Debian's own packages.
STATIC      ?= $(shell dpkg --print-architecture)
STATIC_HOST  = $(shell dpkg-architecture -a$(STATIC) -qDEB_HOST_GNU_TYPE 2>/dev/null)
STATIC_DIR   = $(BUILD)/static/$(STATIC)
STATIC_LIBS  = $(STATIC_DIR)/libraries
STATIC_FILE  = $(BUILD)/static/clever2sds-$(VERSION)-linux-$(STATIC)
STATIC_MAKE  = CPPFLAGS='-isystem $(STATIC_LIBS)/usr/include \
    -isystem $(STATIC_LIBS)/usr/include/$(STATIC_HOST)' \
  LDFLAGS='-L$(STATIC_LIBS)/usr/lib/$(STATIC_HOST)' $(MAKE) --no-print-directory \
  BUILD=$(STATIC_DIR) CC=$(STATIC_HOST)-gcc HARDEN_L='-static-pie -Wl,-z,relro,-z,now,-z,noexecstack' \
  PKG_CONFIG='PKG_CONFIG_LIBDIR=$(STATIC_LIBS)/usr/lib/$(STATIC_HOST)/pkgconfig pkg-config --static'

static:
	@tests/packages.sh build static-$(STATIC)
	@$(PACKAGE)/libraries.sh $(STATIC) $(STATIC_LIBS)
	@$(STATIC_MAKE) $(STATIC_DIR)/clever2sds
	$(STATIC_HOST)-strip -o $(STATIC_FILE) $(STATIC_DIR)/clever2sds
	cd $(dir $(STATIC_FILE)) && sha256sum $(notdir $(STATIC_FILE)) | tee $(notdir $(STATIC_FILE)).sha256

check-static: static
	@tests/packages.sh test
	@$(MAKE) --no-print-directory $(GENERATE) $(OLD_KERNEL)
	@tests/static.sh $(STATIC) $(abspath $(STATIC_FILE) $(STATIC_DIR) $(GENERATE) $(OLD_KERNEL))

deb:
	@tests/packages.sh build package
	@rm -rf $(BUILD)/deb
	@$(MAKE) --no-print-directory install DESTDIR=$(abspath $(BUILD))/deb/root PREFIX=/usr \
	  ZSHDIR=/usr/share/zsh/vendor-completions
	@SOURCE_DATE_EPOCH=$(RELEASED) $(PACKAGE)/deb.sh $(BUILD)/deb

check-deb: deb
	@tests/packages.sh package
	lintian --fail-on error $(BUILD)/deb/*.deb

dist:
	@SOURCE_DATE_EPOCH=$(RELEASED) $(PACKAGE)/dist.sh clever2sds-$(VERSION) $(BUILD)/dist

check-reproducible: static
	@tests/reproducible.sh $(BUILD) $(STATIC)

clean:
	rm -rf build

.PHONY: help all demo check run-tests check-asan check-tsan check-msan check-portable check-valgrind coverage check-faults run-faults \
        check-page page-parts fuzz run-fuzz bench run-bench lint \
        update-fixtures update-docs update-picture install uninstall static check-static deb check-deb dist \
        check-install check-reproducible clean
.DELETE_ON_ERROR:
.SECONDARY:
-include $(OBJ:.o=.d) $(TESTS:=.d) $(GENERATE).d $(BENCH:=.d) $(FUZZ:=.d) $(JUDGE).d
