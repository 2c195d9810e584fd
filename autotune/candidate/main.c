/* Runs one step of a network on seeded data and prints how long it took and what came out:
 *
 *   cpu NAME                         "AMD EPYC (family 25, model 17)", of /proc/cpuinfo
 *   cores N
 *   nanoseconds LEAST MEDIAN         a run, of several bursts of runs
 *   hash HEX                         of all outputs' bits
 *   values ARGUMENT HEX HEX ...      samples of an output, as float32 bits
 *
 * Weights come from memory, as in a network, whose other steps' weights came between: runs take turns with several
 * copies of them. Maps were just written by the step before, so there is one copy. Everything lies in huge pages where
 * the system has them, as an arena and weights that a model has copied do. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "candidate.h"
#include "data.h"

enum { bursts = 5, spins_before_yield = 20000 };
static const size_t cold_bytes = 48u << 20; /* more than most last-level caches */
static const double burst_nanoseconds = 2.5e6;

static char* maps[CANDIDATE_MOST_ARGUMENTS];
static char* weights[CANDIDATE_MOST_ARGUMENTS];
static char** scratch; /* of every thread */
static int copies = 1;

static void fail(const char* why) {
  fprintf(stderr, "candidate: %s\n", why);
  exit(3);
}

/* --- memory: one block --- */

static char *memory, *memory_end;

static size_t room_for(size_t bytes) { return (bytes + 63) / 64 * 64 + 64; /* tiles read past the end */ }

static void reserve(size_t bytes) {
  const size_t huge_page = 2u << 20;
  const size_t rounded = (bytes + huge_page - 1) / huge_page * huge_page;
  void* block = NULL;
  if (posix_memalign(&block, huge_page, rounded) != 0) fail("out of memory");
#ifdef MADV_HUGEPAGE
  (void)madvise(block, rounded, MADV_HUGEPAGE); /* a wish */
#endif
  memory = block;
  memory_end = memory + rounded;
}

static char* allocate(size_t bytes) {
  if (room_for(bytes) > (size_t)(memory_end - memory)) fail("out of room");
  char* block = memory;
  memory += room_for(bytes);
  return block;
}

static size_t bytes_of(const struct candidate_argument* a) {
  static const size_t element_bytes[] = {sizeof(float), sizeof(uint16_t), sizeof(int8_t), sizeof(uint8_t)};
  return a->elements * element_bytes[a->element];
}

static size_t scratch_bytes(void) { return candidate_scratch_floats * sizeof(float); }

static void store(const struct candidate_argument* a, char* at, size_t i, float value) {
  if (a->element == CANDIDATE_F32) ((float*)(void*)at)[i] = value;
  if (a->element == CANDIDATE_BF16) ((uint16_t*)(void*)at)[i] = candidate_bf16(value);
  if (a->element == CANDIDATE_I8) ((int8_t*)(void*)at)[i] = (int8_t)value;
  if (a->element == CANDIDATE_U8) ((uint8_t*)(void*)at)[i] = value < 255 ? (uint8_t)value : 255;
}

static float load(const struct candidate_argument* a, const char* at, size_t i) {
  if (a->element == CANDIDATE_F32) return ((const float*)(const void*)at)[i];
  if (a->element == CANDIDATE_BF16) return candidate_from_bf16(((const uint16_t*)(const void*)at)[i]);
  if (a->element == CANDIDATE_U8) return ((const uint8_t*)(const void*)at)[i];
  return ((const int8_t*)(const void*)at)[i];
}

static void fill(int index, const struct candidate_argument* a, char* to) {
  for (size_t i = 0; i < a->elements; ++i) {
    const size_t lane = i % (16 * (size_t)a->together) / (size_t)a->together;
    const size_t channel = i % a->row / a->panel * 16 + lane;
    if (a->kind == CANDIDATE_OUTPUT)
      store(a, to, i, 1e30f); /* shows where nothing is written */
    else if (a->kind == CANDIDATE_AFFINE)
      store(a, to, i, candidate_affine(index, i));
    else if (a->panel == 1 || (i < a->used && channel < (size_t)a->channels))
      store(a, to, i, candidate_value(a->element, a->scale, index, i));
    else
      store(a, to, i, a->padding);
  }
}

static void reserve_all(void) {
  size_t weight_bytes = 0, all = (size_t)candidate_threads * room_for(scratch_bytes());
  for (int i = 0; i < candidate_argument_count; ++i)
    if (candidate_arguments[i].kind == CANDIDATE_WEIGHT) weight_bytes += bytes_of(&candidate_arguments[i]);
  if (weight_bytes > 0) copies = 1 + (int)(cold_bytes / weight_bytes);
  for (int i = 0; i < candidate_argument_count; ++i) {
    const struct candidate_argument* a = &candidate_arguments[i];
    all += room_for(bytes_of(a) * (size_t)(a->kind == CANDIDATE_WEIGHT ? copies : 1));
  }
  reserve(all);
}

static void make_memory(void) {
  reserve_all();
  scratch = malloc((size_t)candidate_threads * sizeof *scratch);
  if (!scratch) fail("out of memory");
  for (int t = 0; t < candidate_threads; ++t) scratch[t] = allocate(scratch_bytes());
  for (int i = 0; i < candidate_argument_count; ++i) {
    const struct candidate_argument* a = &candidate_arguments[i];
    const size_t bytes = bytes_of(a);
    if (a->kind != CANDIDATE_WEIGHT) {
      maps[i] = allocate(bytes);
      fill(i, a, maps[i]);
      continue;
    }
    weights[i] = allocate(bytes * (size_t)copies);
    fill(i, a, weights[i]);
    for (int c = 1; c < copies; ++c) memcpy(weights[i] + (size_t)c * bytes, weights[i], bytes);
  }
}

static void choose_copy(int copy, char** at) {
  for (int i = 0; i < candidate_argument_count; ++i)
    at[i] = weights[i] ? weights[i] + (size_t)copy * bytes_of(&candidate_arguments[i]) : maps[i];
}

/* --- threads: each takes the next task until none is left --- */

static char* job[CANDIDATE_MOST_ARGUMENTS];
static atomic_int next_task, arrived, generation;
static int cpus[CPU_SETSIZE], cpu_count;

static void relax(int* spins) {
  if (++*spins > spins_before_yield) sched_yield();
}

/* From the last CPU downwards: the first one serves most interrupts. */
static void pin(int thread) {
  if (cpu_count == 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpus[cpu_count - 1 - thread % cpu_count], &one);
  sched_setaffinity(0, sizeof one, &one); /* without it times are only noisier */
}

static void work(int thread) {
  for (int task; (task = atomic_fetch_add(&next_task, 1)) < candidate_tasks;)
    candidate_task(job, task, scratch[thread]);
}

static void* helper(void* number) {
  const int thread = (int)(size_t)number;
  pin(thread);
  for (int seen = 0;;) {
    for (int spins = 0; atomic_load(&generation) == seen;) relax(&spins);
    seen = atomic_load(&generation);
    work(thread);
    atomic_fetch_add(&arrived, 1);
  }
  return NULL;
}

static void start_threads(void) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    for (int c = 0; c < CPU_SETSIZE; ++c)
      if (CPU_ISSET(c, &allowed)) cpus[cpu_count++] = c;
  pthread_t thread;
  for (int t = 1; t < candidate_threads; ++t)
    if (pthread_create(&thread, NULL, helper, (void*)(size_t)t) != 0) fail("a thread could not be started");
  pin(0);
}

static void run_step(int copy) {
  choose_copy(copy, job);
  if (candidate_threads == 1) {
    for (int task = 0; task < candidate_tasks; ++task) candidate_task(job, task, scratch[0]);
    return;
  }
  atomic_store(&arrived, 0);
  atomic_store(&next_task, 0);
  atomic_fetch_add(&generation, 1);
  work(0);
  for (int spins = 0; atomic_load(&arrived) < candidate_threads - 1;) relax(&spins);
}

/* --- time --- */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int compare(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

/* Nanoseconds a run of `runs` runs. */
static double burst(int runs) {
  static int copy = 0;
  const double begin = now();
  for (int i = 0; i < runs; ++i) run_step(copy = (copy + 1) % copies);
  return (now() - begin) / runs;
}

static void print_times(void) {
  int runs = 1;
  double times[bursts], once = burst(runs);
  while (runs < 1 << 20 && once * runs < burst_nanoseconds / 4) once = burst(runs *= 2);
  runs = once < burst_nanoseconds ? (int)(burst_nanoseconds / once) : 1;
  for (int i = 0; i < bursts; ++i) times[i] = burst(runs);
  qsort(times, bursts, sizeof *times, compare);
  printf("nanoseconds %.1f %.1f\n", times[0], times[bursts / 2]);
}

/* --- results --- */

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static void print_results(void) {
  uint64_t hash = UINT64_C(14695981039346656037);
  for (int i = 0; i < candidate_argument_count; ++i) {
    const struct candidate_argument* a = &candidate_arguments[i];
    if (a->kind != CANDIDATE_OUTPUT) continue;
    for (size_t e = 0; e < a->used; ++e)
      hash = (hash ^ bits_of(load(a, maps[i], e))) * UINT64_C(1099511628211);
  }
  printf("hash %016llx\n", (unsigned long long)hash);
  for (int i = 0; i < candidate_argument_count; ++i) {
    const struct candidate_argument* a = &candidate_arguments[i];
    if (a->kind != CANDIDATE_OUTPUT) continue;
    printf("values %d", i);
    for (int s = 0; s < a->samples; ++s)
      printf(" %08x", (unsigned int)bits_of(load(a, maps[i], candidate_sample(i, (uint64_t)s, a->used))));
    printf("\n");
  }
}

/* The value in a line "key<tabs>: value\n", whose end is cut off; NULL: another key's line. */
static char* value_of(char* line, const char* key) {
  const size_t length = strlen(key);
  char* value = strstr(line, ": ");
  if (!value || strncmp(line, key, length) != 0 || (line[length] != '\t' && line[length] != ':')) return NULL;
  line[strcspn(line, "\n")] = '\0';
  return value + 2;
}

/* As base/process.cc says it. */
static void print_cpu(void) {
  static const char* const keys[] = {"model name", "CPU part", "uarch", "cpu family", "model"};
  char line[256], values[5][128] = {"", "", "", "", ""};
  FILE* file = fopen("/proc/cpuinfo", "r");
  while (file && fgets(line, sizeof line, file))
    for (int i = 0; i < 5; ++i) {
      const char* value = values[i][0] ? NULL : value_of(line, keys[i]);
      if (value) snprintf(values[i], sizeof values[i], "%s", value);
    }
  if (file) fclose(file);
  const char* name = "unknown";
  for (int i = 2; i >= 0; --i)
    if (values[i][0]) name = values[i];
  if (values[3][0])
    printf("cpu %s (family %s, model %s)\n", name, values[3], values[4]);
  else
    printf("cpu %s\n", name);
}

static void print_machine(void) {
  print_cpu();
  printf("cores %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
}

int main(void) {
  alarm((unsigned int)candidate_seconds); /* also where nobody else would end it */
  make_memory();
  start_threads();
  print_machine();
  run_step(0);
  print_times();
  print_results();
  fflush(stdout);
  _exit(0);
}
