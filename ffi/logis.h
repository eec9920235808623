/* Logis: decisions, explanations and allocations by one C ABI.
 *
 * TEXTS that go in are UTF-8, with their length in bytes; they need no NUL at their end, and are read during the call
 * alone. TEXTS that come out are UTF-8, end with a NUL, belong to whoever called, and are freed by logis_text_free, once.
 *
 * HANDLES (LogisPack, LogisDecider) belong to whoever called, and are freed by their own function, once. A handle may be
 * used by any number of threads at once, and freed by any thread when none uses it any more.
 *
 * PLACES for what comes out (`char **document`) hold NULL after any status but LOGIS_STATUS_OK; `problem` holds NULL
 * after LOGIS_STATUS_OK, otherwise a document of the kind `problem` that says in French all that is wrong, each with its
 * code. A place that may be NULL says so. No two places of a call are the same.
 *
 * What cannot be found out is not: a length beyond the bytes that are there, a handle that was freed, a text freed twice
 * are undefined behaviour. No panic of the library reaches the caller; where memory ends, the process does.
 *
 * Work is done on threads of the library's own: a process that forks calls nothing of it in the child that it has called
 * before.
 */

#ifndef LOGIS_H
#define LOGIS_H

#include <stddef.h>
#include <stdint.h>

/* The stream of the Arrow C stream interface. Whoever calls logis_evaluate has its definition from Arrow
   (`arrow/c/abi.h`, `nanoarrow.h`); for all else its name is enough. */
struct ArrowArrayStream;

/**
 * Number of the interface: it changes with every change that a program which was compiled before could not call.
 */
#define LOGIS_ABI 1

/**
 * How a call ended. What it says in words is a document of the kind `problem`, with the list of all that is wrong.
 */
enum LogisStatus
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The answer is given.
   */
  LOGIS_STATUS_OK = 0,
  /**
   * The answer is no: a result does not hold, quotas that must be met cannot be.
   */
  LOGIS_STATUS_NO = 1,
  /**
   * Data, names, dates or options are not what is expected: the user's to mend.
   */
  LOGIS_STATUS_REFUSED = 2,
  /**
   * An argument is NULL that must not be, or a text is no UTF-8: a mistake in the program that calls.
   */
  LOGIS_STATUS_MISUSE = 3,
  /**
   * A fault of Logis. Handles can still be used and freed.
   */
  LOGIS_STATUS_FAULT = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum LogisStatus LogisStatus;
#else
typedef int32_t LogisStatus;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Rules as of a date, ready to decide. Any number of threads may use it at once.
 */
typedef struct LogisDecider LogisDecider;

/**
 * A pack of rules, read and checked. Any number of threads may use it at once.
 */
typedef struct LogisPack LogisPack;

/**
 * A table of a data package.
 */
typedef struct LogisTable {
  /**
   * Its name in the schema of the pack (`demandes`), in UTF-8.
   */
  const char *name;
  /**
   * Bytes of the name.
   */
  size_t name_length;
  /**
   * Its rows: batches of a struct whose fields are the columns.
   */
  struct ArrowArrayStream *rows;
} LogisTable;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The number of the interface of the library that runs: to be compared with `LOGIS_ABI` of the header that a program
 * was compiled with.
 */
uint32_t logis_abi(void);

/**
 * The version of the library (`0.1.0`). The text is never freed.
 */
const char *logis_version(void);

/**
 * Frees a text that a function of this library gave; nothing happens for NULL.
 *
 * What the caller promises:
 * `text` was given by a function of this library, was not changed in length and is not used any more.
 */
void logis_text_free(char *text);

/**
 * Gives the national rule book that the library carries: the rules of Action Logement and of the texts that it
 * applies. It is read and checked once a process.
 *
 * `*pack` is to be freed by `logis_pack_free`.
 *
 * What the caller promises:
 * `pack` and `problem` point to memory for a pointer; `problem` may be NULL.
 */
LogisStatus logis_pack_national(struct LogisPack **pack,
                                char **problem);

/**
 * Reads the pack of rules in a folder, and checks it.
 *
 * `folder` is `folder_length` bytes of UTF-8. `*pack` is to be freed by `logis_pack_free`.
 *
 * What the caller promises:
 * `folder` points to `folder_length` bytes; `pack` and `problem` to memory for a pointer; `problem` may be NULL.
 */
LogisStatus logis_pack_load(const char *folder,
                            size_t folder_length,
                            struct LogisPack **pack,
                            char **problem);

/**
 * Says which rules a pack is of: a document of the kind `pack`, with its name, the hash of its files, the version of
 * the library, and what was found in it that is worth a look and no error.
 *
 * `*document` is to be freed by `logis_text_free`.
 *
 * What the caller promises:
 * `pack` is a pack that is not freed during the call; `document` and `problem` point to memory for a pointer;
 * `problem` may be NULL.
 */
LogisStatus logis_pack_about(const struct LogisPack *pack,
                             char **document,
                             char **problem);

/**
 * Frees a pack; nothing happens for NULL. Deciders that were made of it go on.
 *
 * What the caller promises:
 * `pack` was given by this library and is not used any more, by any thread.
 */
void logis_pack_free(struct LogisPack *pack);

/**
 * Plans rules as of a date.
 *
 * `date` is `AAAA-MM-JJ`. `rules` are names of rules or of groups of the pack, between commas; none of them
 * (`rules_length` 0) stands for the results of the pack. `*decider` is to be freed by `logis_decider_free`; it goes on
 * after the pack is freed.
 *
 * What the caller promises:
 * `pack` is a pack that is not freed during the call; `date` and `rules` point to as many bytes as their lengths say;
 * `decider` and `problem` to memory for a pointer; `problem` may be NULL.
 */
LogisStatus logis_decider_new(const struct LogisPack *pack,
                              const char *date,
                              size_t date_length,
                              const char *rules,
                              size_t rules_length,
                              struct LogisDecider **decider,
                              char **problem);

/**
 * Frees a decider; nothing happens for NULL.
 *
 * What the caller promises:
 * `decider` was given by this library and is not used any more, by any thread.
 */
void logis_decider_free(struct LogisDecider *decider);

/**
 * Decides one record: a document of the kind `decision`, as the service and the command write it.
 *
 * `record` is an object of JSON of `record_length` bytes: the columns of the entity of the rules, what belongs to it as
 * arrays under the names of their tables. `*document` is to be freed by `logis_text_free`.
 *
 * What the caller promises:
 * `decider` is one that is not freed during the call; `record` points to `record_length` bytes; `document` and
 * `problem` to memory for a pointer; `problem` may be NULL.
 */
LogisStatus logis_decide(const struct LogisDecider *decider,
                         const char *record,
                         size_t record_length,
                         char **document,
                         char **problem);

/**
 * Explains the decisions of one record, with what would turn each refusal: a document of the kind `explanation`.
 *
 * Arguments are those of `logis_decide`. `*document` is to be freed by `logis_text_free`.
 *
 * What the caller promises:
 * As `logis_decide`.
 */
LogisStatus logis_explain(const struct LogisDecider *decider,
                          const char *record,
                          size_t record_length,
                          char **document,
                          char **problem);

/**
 * Decides the rows of tables: streams of the Arrow C stream interface in, one out.
 *
 * `tables` are `count` tables of a data package: that of the entity of the rules, and those of what belongs to it or
 * what it belongs to. Every stream is taken, whatever the status: its `release` is NULL afterwards.
 *
 * `*outcomes` becomes a stream of one batch: the identifiers first, then a column for each rule (Boolean, Decimal128,
 * Date32 or Utf8), in the order of the rows; what is unknown or an error of its row is null. The caller releases it
 * by its own `release`; after any other status than `LOGIS_STATUS_OK` its `release` is NULL.
 *
 * What the caller promises:
 * `decider` is one that is not freed during the call. `tables` points to `count` tables, each with a name of its
 * length and a stream that keeps to the Arrow C stream interface. `outcomes` points to memory for a stream that holds
 * none; `problem` to memory for a pointer, or it is NULL.
 */
LogisStatus logis_evaluate(const struct LogisDecider *decider,
                           const struct LogisTable *tables,
                           size_t count,
                           struct ArrowArrayStream *outcomes,
                           char **problem);

/**
 * Finds which unit may be proposed to which request: an array of JSON with an object for each pair.
 *
 * `options` is an object of JSON: `date` (`AAAA-MM-JJ`), and if wanted `select` (an array of rules to stand beside
 * each pair) and `max_candidates` (a number). `tables` is an object of JSON with an array of rows for each table.
 * `*rows` is to be freed by `logis_text_free`, and so is `*notes`, a document of the kind `posed`: how many pairs are
 * left open by what is not known, how many failed, which columns were not sent.
 *
 * What the caller promises:
 * `pack` is a pack that is not freed during the call; `options` and `tables` point to as many bytes as their lengths
 * say; `rows`, `notes` and `problem` to memory for a pointer; `notes` and `problem` may be NULL.
 */
LogisStatus logis_candidates(const struct LogisPack *pack,
                             const char *options,
                             size_t options_length,
                             const char *tables,
                             size_t tables_length,
                             char **rows,
                             char **notes,
                             char **problem);

/**
 * Gives each unit to the request that the rules put first: a document of the kind `matching`, with the proof that no
 * answer does better.
 *
 * `options` and `tables` are those of `logis_candidates`; `options` may hold too: `hard` (an array of quotas that come
 * before the number of attributions, `all` for every one), `no_quotas` (a boolean), `seed` (a number: a lottery among
 * equals), `fixed` and `forbidden` (arrays of pairs `["D1", "L4"]`: what is decided, what is ruled out), `near` (a
 * document of before: the answer begins there and moves few), `keep` (the points that may be given up to move fewer),
 * `prices` (a boolean: what each quota costs) and `time_limit` (seconds: what is not proved by then is left open).
 * `*document` and `*notes` are to be freed by `logis_text_free`. `LOGIS_STATUS_NO`: quotas of `hard` are met by housing nobody only.
 *
 * What the caller promises:
 * `pack` is a pack that is not freed during the call; `options` and `tables` point to as many bytes as their lengths
 * say; `document`, `notes` and `problem` to memory for a pointer; `notes` and `problem` may be NULL.
 */
LogisStatus logis_match(const struct LogisPack *pack,
                        const char *options,
                        size_t options_length,
                        const char *tables,
                        size_t tables_length,
                        char **document,
                        char **notes,
                        char **problem);

/**
 * Holds a document of the kind `matching` against the tables that it is said to answer: each of its claims is computed
 * again, its proof checked. `LOGIS_STATUS_OK`: it holds. `LOGIS_STATUS_NO`: it does not, and the problem says why.
 *
 * `options` and `tables` are those that `logis_match` was given.
 *
 * What the caller promises:
 * `pack` is a pack that is not freed during the call; `options`, `tables` and `document` point to as many bytes as
 * their lengths say; `problem` to memory for a pointer, or it is NULL.
 */
LogisStatus logis_verify(const struct LogisPack *pack,
                         const char *options,
                         size_t options_length,
                         const char *tables,
                         size_t tables_length,
                         const char *document,
                         size_t document_length,
                         char **problem);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LOGIS_H */
