/* The inner loops of a search. Each does what the numpy or FAISS code beside its call does, to rounding (`nearest` by a bit less:
   `compiled.py`); where there was no compiler, that code runs instead.

   Arrays come as contiguous buffers and stay the caller's; what is written must not overlap what is read. What stands in an
   index's files is checked before it is used as a place in memory. The interpreter's lock is held all the time, because the
   notes below are shared: a call takes a few hundred microseconds at 10,000 passages. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#define WIDE_X86 1
#define FOR_WIDE_X86 __attribute__((target("avx2,fma,f16c")))
/* Whether to use it: when this processor has it, as nearly all since 2013 have. */
static int is_wide_x86;

static int has_wide_x86(void)
{
    unsigned int a, b, c = 0, d; /* older compilers do not know F16C by name */
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

/* The tokens of a question stand side by side in blocks of so many. */
#define LANES 8
/* How many scores are first looked at together. */
#define BLOCK 16
#define MOST_ARGUMENTS 12

/* Arguments */

typedef struct {
    Py_buffer buffers[MOST_ARGUMENTS];
    int taken;
} Arguments;

static int is_counted(const char *function, Py_ssize_t given, Py_ssize_t wanted)
{
    if (given == wanted)
        return 1;
    PyErr_Format(PyExc_TypeError, "%s takes %zd arguments, not %zd", function, wanted, given);
    return 0;
}

/* The memory of one array of items of `size` bytes (0: of 2 or 4), and their number; NULL with an exception set. */
static void *array_of(Arguments *arguments, PyObject *object, Py_ssize_t size, int is_written, Py_ssize_t *count)
{
    static char nothing[8];
    Py_buffer *buffer = &arguments->buffers[arguments->taken];
    if (PyObject_GetBuffer(object, buffer, is_written ? PyBUF_CONTIG : PyBUF_CONTIG_RO) < 0)
        return NULL;
    arguments->taken++;
    if (!size && (buffer->itemsize == 2 || buffer->itemsize == 4))
        size = buffer->itemsize;
    if (!size) {
        PyErr_Format(PyExc_TypeError, "an array of %zd bytes an item, where 2 or 4 are read", buffer->itemsize);
        return NULL;
    }
    if (buffer->itemsize != size) {
        PyErr_Format(PyExc_TypeError, "an array of %zd bytes an item, where %zd are read", buffer->itemsize, size);
        return NULL;
    }
    if ((uintptr_t)buffer->buf % size) {
        PyErr_SetString(PyExc_TypeError, "an array that begins at an odd address");
        return NULL;
    }
    *count = buffer->len / size;
    return buffer->buf ? buffer->buf : nothing;
}

#define ARRAY(type, name, at, is_written)                                                                                \
    Py_ssize_t name##_count;                                                                                             \
    type *name = array_of(arguments, given[at], sizeof(type), is_written, &name##_count);                                \
    if (!name)                                                                                                           \
    return NULL

/* A function of the module that takes `wanted` arguments; behind it stands its body, which may return at any place. */
#define KERNEL(name, wanted)                                                                                             \
    static PyObject *name##_of(Arguments *arguments, PyObject *const *given);                                            \
    static PyObject *name(PyObject *self, PyObject *const *given, Py_ssize_t count)                                      \
    {                                                                                                                    \
        Arguments arguments = {.taken = 0};                                                                              \
        if (!is_counted(#name, count, wanted))                                                                           \
            return NULL;                                                                                                 \
        PyObject *found = name##_of(&arguments, given);                                                                  \
        while (arguments.taken)                                                                                          \
            PyBuffer_Release(&arguments.buffers[--arguments.taken]);                                                     \
        return found;                                                                                                    \
    }                                                                                                                    \
    static PyObject *name##_of(Arguments *arguments, PyObject *const *given)

static PyObject *refused(const char *what)
{
    PyErr_SetString(PyExc_IndexError, what);
    return NULL;
}

/* Notes that are kept from call to call, so that no call pays for fresh memory. */

typedef struct {
    void *memory;
    size_t bytes;
} Notes;

/* At least `bytes`: zeros when they are fresh, and else whatever was written there. */
static void *notes_of(Notes *notes, size_t bytes)
{
    if (bytes > notes->bytes) {
        free(notes->memory);
        notes->bytes = 0;
        notes->memory = calloc(bytes + bytes / 2, 1);
        if (!notes->memory)
            return PyErr_NoMemory();
        notes->bytes = bytes + bytes / 2;
    }
    return notes->memory;
}

/* Inner products, each in plain C and, where most of a search's time goes, for the processors of most servers. */

/* Half precision to single: the bits moved to their places; the two exponents count from 15 and from 127. For finite numbers. */
static inline float single(uint16_t half)
{
    uint32_t bits = ((uint32_t)(half & 0x8000) << 16) | ((uint32_t)(half & 0x7fff) << 13);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value * 0x1p112f;
}

static float product_of_halves(const char *row, const float *vector, Py_ssize_t from, Py_ssize_t width)
{
    float sum = 0;
    for (Py_ssize_t at = from; at < width; at++) {
        uint16_t half; /* `row` may begin at an odd address: it is a place in a mapped file */
        memcpy(&half, row + 2 * at, sizeof half);
        sum += single(half) * vector[at];
    }
    return sum;
}

static int32_t product_of_bytes(const uint8_t *row, const int8_t *question, Py_ssize_t from, Py_ssize_t width)
{
    int32_t sum = 0;
    for (Py_ssize_t at = from; at < width; at++)
        sum += row[at] * question[at];
    return sum;
}

#ifdef WIDE_X86
FOR_WIDE_X86 static float wide_product_of_halves(const char *row, const float *vector, Py_ssize_t width)
{
    __m256 even = _mm256_setzero_ps(), odd = _mm256_setzero_ps();
    Py_ssize_t at = 0;
    for (; at + 16 <= width; at += 16) {
        __m256 first = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(row + 2 * at)));
        __m256 second = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(row + 2 * at + 16)));
        even = _mm256_fmadd_ps(first, _mm256_loadu_ps(vector + at), even);
        odd = _mm256_fmadd_ps(second, _mm256_loadu_ps(vector + at + 8), odd);
    }
    float lanes[8], sum = product_of_halves(row, vector, at, width);
    _mm256_storeu_ps(lanes, _mm256_add_ps(even, odd));
    for (int lane = 0; lane < 8; lane++)
        sum += lanes[lane];
    return sum;
}

/* The bytes of the rows are below 128, so that two products of them have room in 16 bits. Four rows at a time share what is read
   of the question. */
FOR_WIDE_X86 static void wide_products_of_bytes(const uint8_t *bytes, const int8_t *question, Py_ssize_t width,
                                                const int64_t *rows, Py_ssize_t count, int32_t *products)
{
    const __m256i ones = _mm256_set1_epi16(1);
    Py_ssize_t one = 0;
    for (; one + 4 <= count; one += 4) {
        const uint8_t *row[4];
        __m256i sums[4];
#pragma GCC unroll 4
        for (int each = 0; each < 4; each++) {
            row[each] = bytes + width * (rows ? rows[one + each] : one + each);
            sums[each] = _mm256_setzero_si256();
        }
        Py_ssize_t at = 0;
        for (; at + 32 <= width; at += 32) {
            __m256i factors = _mm256_loadu_si256((const __m256i *)(question + at));
#pragma GCC unroll 4
            for (int each = 0; each < 4; each++) {
                __m256i pairs = _mm256_maddubs_epi16(_mm256_loadu_si256((const __m256i *)(row[each] + at)), factors);
                sums[each] = _mm256_add_epi32(sums[each], _mm256_madd_epi16(pairs, ones));
            }
        }
        __m256i both = _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3]));
        __m128i four = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
        _mm_storeu_si128((__m128i *)(products + one), four);
        for (int each = 0; at < width && each < 4; each++)
            products[one + each] += product_of_bytes(row[each], question, at, width);
    }
    for (; one < count; one++)
        products[one] = product_of_bytes(bytes + width * (rows ? rows[one] : one), question, 0, width);
}

FOR_WIDE_X86 static void wide_products_of_columns(const uint16_t *row, const float *columns, Py_ssize_t width, float *products)
{
    __m256 even = _mm256_setzero_ps(), odd = _mm256_setzero_ps(), even_too = even, odd_too = odd;
    float eight[8];
    Py_ssize_t at = 0;
    for (; at + 8 <= width; at += 8, columns += 8 * LANES) {
        _mm256_storeu_ps(eight, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(row + at))));
        even = _mm256_fmadd_ps(_mm256_broadcast_ss(eight), _mm256_loadu_ps(columns), even);
        odd = _mm256_fmadd_ps(_mm256_broadcast_ss(eight + 1), _mm256_loadu_ps(columns + LANES), odd);
        even_too = _mm256_fmadd_ps(_mm256_broadcast_ss(eight + 2), _mm256_loadu_ps(columns + 2 * LANES), even_too);
        odd_too = _mm256_fmadd_ps(_mm256_broadcast_ss(eight + 3), _mm256_loadu_ps(columns + 3 * LANES), odd_too);
        even = _mm256_fmadd_ps(_mm256_broadcast_ss(eight + 4), _mm256_loadu_ps(columns + 4 * LANES), even);
        odd = _mm256_fmadd_ps(_mm256_broadcast_ss(eight + 5), _mm256_loadu_ps(columns + 5 * LANES), odd);
        even_too = _mm256_fmadd_ps(_mm256_broadcast_ss(eight + 6), _mm256_loadu_ps(columns + 6 * LANES), even_too);
        odd_too = _mm256_fmadd_ps(_mm256_broadcast_ss(eight + 7), _mm256_loadu_ps(columns + 7 * LANES), odd_too);
    }
    for (; at < width; at++, columns += LANES)
        even = _mm256_fmadd_ps(_mm256_set1_ps(single(row[at])), _mm256_loadu_ps(columns), even);
    _mm256_storeu_ps(products, _mm256_add_ps(_mm256_add_ps(even, odd), _mm256_add_ps(even_too, odd_too)));
}
#endif

/* Of one vector and some rows in half precision. */
static void products_of_halves(const char *halves, const float *vector, Py_ssize_t width, const int64_t *rows, Py_ssize_t count,
                               float *products)
{
    for (Py_ssize_t one = 0; one < count; one++) {
        const char *row = halves + 2 * width * rows[one];
#ifdef WIDE_X86
        if (is_wide_x86) {
            for (Py_ssize_t at = 0; one + 2 < count && at < 2 * width; at += 64)
                _mm_prefetch(halves + 2 * width * rows[one + 2] + at, _MM_HINT_T0);
            products[one] = wide_product_of_halves(row, vector, width);
            continue;
        }
#endif
        products[one] = product_of_halves(row, vector, 0, width);
    }
}

/* Of one question and some rows of bytes, or the first `count` without `rows`. */
static void products_of_bytes(const uint8_t *bytes, const int8_t *question, Py_ssize_t width, const int64_t *rows,
                              Py_ssize_t count, int32_t *products)
{
#ifdef WIDE_X86
    if (is_wide_x86) {
        wide_products_of_bytes(bytes, question, width, rows, count, products);
        return;
    }
#endif
    for (Py_ssize_t one = 0; one < count; one++)
        products[one] = product_of_bytes(bytes + width * (rows ? rows[one] : one), question, 0, width);
}

/* Of one row in half precision and `LANES` vectors that lie column by column. */
static void products_of_columns(const uint16_t *row, const float *columns, Py_ssize_t width, float *products)
{
#ifdef WIDE_X86
    if (is_wide_x86) {
        wide_products_of_columns(row, columns, width, products);
        return;
    }
#endif
    float sums[LANES] = {0};
    for (Py_ssize_t at = 0; at < width; at++) {
        float factor = single(row[at]);
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += factor * columns[LANES * at + lane];
    }
    memcpy(products, sums, sizeof sums);
}

/* The highest of many: a heap whose first is the lowest that is kept. */

typedef struct {
    float score;
    int64_t place;
} Scored;

static inline int is_lower(Scored a, Scored b) { return a.score < b.score || (a.score == b.score && a.place > b.place); }

static void sink(Scored *heap, Py_ssize_t size, Py_ssize_t at)
{
    Scored moved = heap[at];
    for (Py_ssize_t child; (child = 2 * at + 1) < size; at = child) {
        if (child + 1 < size && is_lower(heap[child + 1], heap[child]))
            child++;
        if (!is_lower(heap[child], moved))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

/* Offers one more, of which at least one is kept, and returns the score above which the next is, 0 while there is room; of equal
   scores those are kept that came first. */
static inline float offer(Scored *heap, Py_ssize_t *size, Py_ssize_t most, float score, int64_t place)
{
    if (*size < most) {
        heap[(*size)++] = (Scored){score, place};
        for (Py_ssize_t at = *size == most ? most / 2 : 0; at-- > 0;)
            sink(heap, most, at);
    } else if (score > heap[0].score) {
        heap[0] = (Scored){score, place};
        sink(heap, most, 0);
    }
    return *size < most ? 0 : heap[0].score;
}

static Notes heap_notes, product_notes;

/* Whether rows, which ascend, are all from the first to the last, so that none has to be looked up. */
static inline int stand_together(const int64_t *rows, Py_ssize_t count)
{
    return count && rows[0] >= 0 && rows[count - 1] >= rows[0] && rows[count - 1] - rows[0] == count - 1;
}

static int are_below(int64_t end, const int64_t *rows, Py_ssize_t count)
{
    int are = 1;
    for (Py_ssize_t at = 0; at < count; at++)
        are &= rows[at] >= 0 && rows[at] < end;
    return are;
}

static PyObject *places_written(const Scored *heap, Py_ssize_t size, int64_t *found)
{
    for (Py_ssize_t at = 0; at < size; at++)
        found[at] = heap[at].place;
    return PyLong_FromSsize_t(size);
}

PyDoc_STRVAR(highest_doc,
             "highest(scores f4[n], rows i8[m], found i8[k]) -> int\n\n"
             "Writes the places in `rows`, which ascend, of the highest k scores above 0, in no order, and returns their number.");

KERNEL(highest, 3)
{
    ARRAY(float, scores, 0, 0);
    ARRAY(int64_t, rows, 1, 0);
    ARRAY(int64_t, found, 2, 1);
    Scored *heap = notes_of(&heap_notes, (found_count + 1) * sizeof *heap);
    if (!heap)
        return NULL;
    if (!found_count)
        return refused("no room for the highest");
    Py_ssize_t size = 0, at = 0;
    float least = 0;
    if (stand_together(rows, rows_count)) {
        if (rows[rows_count - 1] >= scores_count)
            return refused("a row beyond the scores");
        /* Most blocks have nothing that is high enough. */
        for (const float *block = scores + rows[0]; at + BLOCK <= rows_count; at += BLOCK, block += BLOCK) {
            int is_any = 0;
            for (int one = 0; one < BLOCK; one++)
                is_any |= block[one] > least;
            for (int one = 0; is_any && one < BLOCK; one++)
                if (block[one] > least)
                    least = offer(heap, &size, found_count, block[one], at + one);
        }
    }
    for (; at < rows_count; at++) {
        if (rows[at] < 0 || rows[at] >= scores_count)
            return refused("a row beyond the scores");
        if (scores[rows[at]] > least)
            least = offer(heap, &size, found_count, scores[rows[at]], at);
    }
    return places_written(heap, size, found);
}

PyDoc_STRVAR(nearest_doc,
             "nearest(bytes u1[n, d], question i1[d], rows i8[m], found i8[k]) -> int\n\n"
             "Writes the places in `rows`, which ascend, of the k highest inner products, in no order, and returns their number. Bytes\n"
             "are below 128.");

KERNEL(nearest, 4)
{
    ARRAY(uint8_t, bytes, 0, 0);
    ARRAY(int8_t, question, 1, 0);
    ARRAY(int64_t, rows, 2, 0);
    ARRAY(int64_t, found, 3, 1);
    Scored *heap = notes_of(&heap_notes, (found_count + 1) * sizeof *heap);
    int32_t *products = notes_of(&product_notes, (rows_count + 1) * sizeof *products);
    if (!heap || !products)
        return NULL;
    Py_ssize_t size = 0, n = question_count ? bytes_count / question_count : 0;
    int is_whole = stand_together(rows, rows_count);
    if (is_whole ? rows[rows_count - 1] >= n : !are_below(n, rows, rows_count))
        return refused("a row beyond the vectors");
    if (is_whole)
        products_of_bytes(bytes + rows[0] * question_count, question, question_count, NULL, rows_count, products);
    else
        products_of_bytes(bytes, question, question_count, rows, rows_count, products);
    for (Py_ssize_t at = 0; found_count && at < rows_count; at++)
        if (size < found_count || products[at] > heap[0].score)
            offer(heap, &size, found_count, (float)products[at], at);
    return places_written(heap, size, found);
}

PyDoc_STRVAR(cosines_doc,
             "cosines(halves u1[n, 2 d], vector f4[d], rows i8[m], found f4[m])\n\n"
             "Writes the inner product of the vector and each of the rows, which are in half precision.");

KERNEL(cosines, 4)
{
    ARRAY(char, halves, 0, 0);
    ARRAY(float, vector, 1, 0);
    ARRAY(int64_t, rows, 2, 0);
    ARRAY(float, found, 3, 1);
    const Py_buffer *matrix = &arguments->buffers[0];
    Py_ssize_t n = vector_count ? halves_count / (2 * vector_count) : 0;
    if (found_count < rows_count || (matrix->ndim == 2 && matrix->shape[1] != 2 * vector_count))
        return refused("arrays that do not belong together");
    if (!are_below(n, rows, rows_count))
        return refused("a row beyond the vectors");
    products_of_halves(halves, vector, vector_count, rows, rows_count, found);
    Py_RETURN_NONE;
}

/* Runs of rows: run `i` has the numbers from `starts[i]` to `starts[i + 1]`, and none is empty. */

static int are_runs(const int64_t *starts, Py_ssize_t count, Py_ssize_t size)
{
    int are = count > 0 && starts[0] == 0 && starts[count - 1] == size;
    for (Py_ssize_t run = 0; are && run + 1 < count; run++)
        are = starts[run] < starts[run + 1];
    return are;
}

PyDoc_STRVAR(means_of_runs_doc,
             "means_of_runs(numbers f4[n], starts i8[m + 1], found f4[n])\n\nWrites for each number the mean of its run.");

KERNEL(means_of_runs, 3)
{
    ARRAY(float, numbers, 0, 0);
    ARRAY(int64_t, starts, 1, 0);
    ARRAY(float, found, 2, 1);
    if (!are_runs(starts, starts_count, numbers_count) || found_count < numbers_count)
        return refused("runs beyond the numbers");
    for (Py_ssize_t run = 0; run + 1 < starts_count; run++) {
        float sum = 0;
        for (int64_t at = starts[run]; at < starts[run + 1]; at++)
            sum += numbers[at];
        for (int64_t at = starts[run]; at < starts[run + 1]; at++)
            found[at] = sum / (float)(starts[run + 1] - starts[run]);
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(best_of_runs_doc,
             "best_of_runs(numbers f4[n], starts i8[m + 1], places i8[m], highest f4[m])\n\n"
             "Writes for each run its highest number, and the place where it first stands.");

KERNEL(best_of_runs, 4)
{
    ARRAY(float, numbers, 0, 0);
    ARRAY(int64_t, starts, 1, 0);
    ARRAY(int64_t, places, 2, 1);
    ARRAY(float, highest, 3, 1);
    if (!are_runs(starts, starts_count, numbers_count) || places_count < starts_count - 1 || highest_count < starts_count - 1)
        return refused("runs beyond the numbers");
    for (Py_ssize_t run = 0; run + 1 < starts_count; run++) {
        int64_t best = starts[run];
        for (int64_t at = best + 1; at < starts[run + 1]; at++)
            best = numbers[at] > numbers[best] ? at : best;
        places[run] = best;
        highest[run] = numbers[best];
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(weigh_doc,
             "weigh(legs f4[n, l], kinds i8[n], weights f4[k, l], parts f4[n, l], scores f4[n])\n\n"
             "Writes what each leg gives by the weights of the row's kind, and the sum for each row.");

KERNEL(weigh, 5)
{
    ARRAY(float, legs, 0, 0);
    ARRAY(int64_t, kinds, 1, 0);
    ARRAY(float, weights, 2, 0);
    ARRAY(float, parts, 3, 1);
    ARRAY(float, scores, 4, 1);
    Py_ssize_t width = kinds_count ? legs_count / kinds_count : 0;
    if (legs_count != kinds_count * width || parts_count < legs_count || scores_count < kinds_count || (width && !are_below(weights_count / width, kinds, kinds_count)))
        return refused("a kind without weights");
    for (Py_ssize_t row = 0; row < kinds_count; row++) {
        float sum = 0;
        for (Py_ssize_t leg = 0; leg < width; leg++)
            sum += parts[row * width + leg] = legs[row * width + leg] * weights[kinds[row] * width + leg];
        scores[row] = sum;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(gathered_runs_doc,
             "gathered_runs(numbers i8[n], starts i8[m + 1], chosen i8[k], found_starts i8[k + 1]) -> bytes\n\n"
             "Returns the numbers of the chosen runs in one row, and writes where each begins there.");

KERNEL(gathered_runs, 4)
{
    ARRAY(int64_t, numbers, 0, 0);
    ARRAY(int64_t, starts, 1, 0);
    ARRAY(int64_t, chosen, 2, 0);
    ARRAY(int64_t, found_starts, 3, 1);
    if (found_starts_count < chosen_count + 1 || !are_below(starts_count - 1, chosen, chosen_count))
        return refused("a run beyond the runs");
    found_starts[0] = 0;
    for (Py_ssize_t at = 0; at < chosen_count; at++) {
        int64_t start = starts[chosen[at]], end = starts[chosen[at] + 1];
        if (start < 0 || start > end || end > numbers_count)
            return refused("runs beyond the numbers");
        if (end - start > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof *numbers - found_starts[at])
            return refused("more numbers than memory can hold");
        found_starts[at + 1] = found_starts[at] + end - start;
    }
    PyObject *found = PyBytes_FromStringAndSize(NULL, found_starts[chosen_count] * (Py_ssize_t)sizeof *numbers);
    if (!found)
        return NULL;
    char *next = PyBytes_AS_STRING(found);
    for (Py_ssize_t at = 0; at < chosen_count; at++)
        memcpy(next + found_starts[at] * (Py_ssize_t)sizeof *numbers, numbers + starts[chosen[at]],
               (found_starts[at + 1] - found_starts[at]) * sizeof *numbers);
    return found;
}

static inline float at_most_1(float share) { return share > 1 ? 1 : share; }

PyDoc_STRVAR(add_bm25_doc,
             "add_bm25(indptr i8[v + 1], rows i4[s], counts u1[s], saturations f4[r], tokens i8[m], worths f4[m], listed u1[m],\n"
             "         word_worths f4[w], listed_share, scores f4[n], shares f4[n])\n\n"
             "Adds to each row's score what its tokens are worth: worth * count / (count + saturation), or worth * listed_share where\n"
             "`listed`; and to its share the worth of the words, which are the first w of the tokens. Neither becomes more than 1.");

KERNEL(add_bm25, 11)
{
    ARRAY(int64_t, indptr, 0, 0);
    ARRAY(int32_t, rows, 1, 0);
    ARRAY(uint8_t, counts, 2, 0);
    ARRAY(float, saturations, 3, 0);
    ARRAY(int64_t, tokens, 4, 0);
    ARRAY(float, worths, 5, 0);
    ARRAY(uint8_t, listed, 6, 0);
    ARRAY(float, word_worths, 7, 0);
    float listed_share = (float)PyFloat_AsDouble(given[8]);
    if (PyErr_Occurred())
        return NULL;
    ARRAY(float, scores, 9, 1);
    ARRAY(float, shares, 10, 1);
    Py_ssize_t end = saturations_count < scores_count ? saturations_count : scores_count;
    if (worths_count < tokens_count || listed_count < tokens_count || shares_count < scores_count || counts_count < rows_count)
        return refused("arrays of different lengths");
    for (Py_ssize_t at = 0; at < tokens_count; at++) {
        int64_t token = tokens[at];
        if (token < 0 || token >= indptr_count - 1 || indptr[token] < 0 || indptr[token + 1] > rows_count)
            return refused("a token beyond the index");
        float worth = worths[at], listed_worth = listed_share * worth;
        for (int64_t slot = indptr[token]; slot < indptr[token + 1]; slot++) {
            int32_t row = rows[slot];
            if (row < 0 || row >= end)
                return refused("a row beyond the scores");
            float said = counts[slot];
            scores[row] = at_most_1(scores[row] + (listed[at] ? listed_worth : said / (said + saturations[row]) * worth));
        }
        if (at < word_worths_count)
            for (int64_t slot = indptr[token]; slot < indptr[token + 1]; slot++)
                shares[rows[slot]] = at_most_1(shares[rows[slot]] + word_worths[at]);
    }
    Py_RETURN_NONE;
}

/* Late interaction */

/* So many blocks of a question's tokens have room here. */
#define MOST_BLOCKS 4

static Notes number_notes, cosine_notes;

typedef struct {
    const uint16_t *table;
    Py_ssize_t known, width;
    const float *columns; /* the question's vectors, block by block, column by column */
    Py_ssize_t blocks;
    const void *places;
    Py_ssize_t places_count, place_size;
    const int64_t *starts;
    Py_ssize_t lists;
    int32_t *numbers; /* of the tokens whose cosines are known already, from 1; by place */
    float *cosines;   /* (tokens met, blocks, LANES) */
    int32_t met;
} Comparison;

static inline void raise_to(float *best, const float *others, Py_ssize_t count)
{
    for (Py_ssize_t at = 0; at < count; at++)
        best[at] = others[at] > best[at] ? others[at] : best[at];
}

static inline int64_t place_at(const Comparison *one, int64_t slot)
{
    return one->place_size == 2 ? ((const uint16_t *)one->places)[slot] : ((const int32_t *)one->places)[slot];
}

/* The best cosine of each of the question's tokens in one list of the index; -1 for what is damaged. */
static int best_of_list(Comparison *one, int64_t list, float *best)
{
    if (list < 0 || list >= one->lists)
        return -1;
    int64_t start = one->starts[list], end = one->starts[list + 1];
    if (start < 0 || start > end || end > one->places_count)
        return -1;
    Py_ssize_t width = one->width, lanes = one->blocks * LANES;
    for (Py_ssize_t at = 0; at < lanes; at++)
        best[at] = -2;
    for (int64_t slot = start; slot < end; slot++) {
        int64_t place = place_at(one, slot);
        if (place < 0 || place >= one->known)
            return -1;
#ifdef __GNUC__
        if (!one->numbers[place])
            for (Py_ssize_t at = 0; at < width; at += 32)
                __builtin_prefetch(one->table + place * width + at);
#endif
    }
    /* A title of unreadable signs counts like the first token. */
    int is_empty = start >= end;
    for (int64_t slot = start; slot < end || is_empty; slot++) {
        int64_t place = is_empty ? 0 : place_at(one, slot);
        is_empty = 0;
        if (!one->numbers[place]) {
            float *products = one->cosines + one->met * lanes;
            for (Py_ssize_t block = 0; block < one->blocks; block++)
                products_of_columns(one->table + place * width, one->columns + block * width * LANES, width,
                                    products + block * LANES);
            one->numbers[place] = ++one->met;
        }
        raise_to(best, one->cosines + (one->numbers[place] - 1) * lanes, lanes);
    }
    return 0;
}

static inline float weighed(const float *best, const float *weights, Py_ssize_t count)
{
    float sum = 0;
    for (Py_ssize_t at = 0; at < count; at++)
        sum += best[at] * weights[at];
    return sum;
}

PyDoc_STRVAR(compare_tokens_doc,
             "compare_tokens(table f2[known, w], asked f4[q, w], weights f4[q], places u2|i4[s], starts i8[lists + 1], rows i8[m],\n"
             "               listed i8[m], n, found f4[m, 3])\n\n"
             "Writes for each row the sum of weight times best cosine: in its text, in its headings and listed questions, in its\n"
             "headings alone. These are the lists row, n + row, and listed[i]; where that is empty it does not count. At most 32\n"
             "vectors are asked for.");

KERNEL(compare_tokens, 9)
{
    ARRAY(uint16_t, table, 0, 0);
    ARRAY(float, asked, 1, 0);
    ARRAY(float, weights, 2, 0);
    Py_ssize_t places_count;
    const void *places = array_of(arguments, given[3], 0, 0, &places_count);
    if (!places)
        return NULL;
    Py_ssize_t place_size = arguments->buffers[arguments->taken - 1].itemsize;
    ARRAY(int64_t, starts, 4, 0);
    ARRAY(int64_t, rows, 5, 0);
    ARRAY(int64_t, listed, 6, 0);
    int64_t n = PyLong_AsLongLong(given[7]);
    if (PyErr_Occurred())
        return NULL;
    ARRAY(float, found, 8, 1);
    Py_ssize_t width = weights_count ? asked_count / weights_count : 0, known = width ? table_count / width : 0;
    Py_ssize_t blocks = (weights_count + LANES - 1) / LANES, lanes = blocks * LANES;
    if (!known || blocks > MOST_BLOCKS || table_count != known * width || asked_count != weights_count * width || !starts_count ||
        listed_count < rows_count || found_count < 3 * rows_count || n < 0 || n > starts_count)
        return refused("arrays that do not belong together");
    /* There is room for the cosines of every known token, so that nobody has to ask for more on the way. */
    int32_t *numbers = notes_of(&number_notes, known * sizeof *numbers);
    float *columns = notes_of(&cosine_notes, (width + known + 1) * lanes * sizeof *columns);
    if (!numbers || !columns)
        return NULL;
    memset(numbers, 0, known * sizeof *numbers);
    memset(columns, 0, width * lanes * sizeof *columns);
    float best[MOST_BLOCKS * LANES], beside[MOST_BLOCKS * LANES], shares[MOST_BLOCKS * LANES] = {0};
    memcpy(shares, weights, weights_count * sizeof *shares);
    for (Py_ssize_t token = 0; token < weights_count; token++)
        for (Py_ssize_t at = 0; at < width; at++)
            columns[(token / LANES * width + at) * LANES + token % LANES] = asked[token * width + at];
    Comparison one = {
        .table = table, .known = known, .width = width, .columns = columns, .blocks = blocks,
        .places = places, .places_count = places_count, .place_size = place_size,
        .starts = starts, .lists = starts_count - 1,
        .numbers = numbers, .cosines = columns + width * lanes, .met = 0,
    };
    for (Py_ssize_t at = 0; at < rows_count; at++) {
        float *sums = found + 3 * at;
        if (best_of_list(&one, rows[at], best) < 0)
            return refused("a passage beyond the index");
        sums[0] = weighed(best, shares, lanes);
        if (best_of_list(&one, n + rows[at], best) < 0)
            return refused("a heading beyond the index");
        sums[1] = sums[2] = weighed(best, shares, lanes);
        if (listed[at] < 0 || listed[at] >= one.lists)
            return refused("a listed question beyond the index");
        if (starts[listed[at] + 1] > starts[listed[at]]) {
            if (best_of_list(&one, listed[at], beside) < 0)
                return refused("a listed question beyond the index");
            raise_to(best, beside, lanes);
            sums[1] = weighed(best, shares, lanes);
        }
    }
    Py_RETURN_NONE;
}

/* Detection of languages */

static Notes feature_notes;

PyDoc_STRVAR(count_features_doc,
             "count_features(base i4[s], check i4[c], fail i4[s], outputs i4[s], n, text, features i8[t], counts f4[t]) -> int\n\n"
             "Walks an automaton (`Detector`) along the bytes of a text of at most t bytes, writes which of n features it meets how\n"
             "often, in the order of the first time, and returns their number.");

KERNEL(count_features, 8)
{
    ARRAY(int32_t, base, 0, 0);
    ARRAY(int32_t, check, 1, 0);
    ARRAY(int32_t, fail, 2, 0);
    ARRAY(int32_t, outputs, 3, 0);
    int64_t n = PyLong_AsLongLong(given[4]);
    if (PyErr_Occurred())
        return NULL;
    ARRAY(uint8_t, text, 5, 0);
    ARRAY(int64_t, features, 6, 1);
    ARRAY(float, counts, 7, 1);
    if (n < 0 || n > INT32_MAX || features_count < text_count || counts_count < text_count || fail_count < base_count ||
        outputs_count < base_count || !base_count)
        return refused("arrays that do not belong together");
    /* The place of each feature among the found ones, from 1; all 0 between two calls. */
    int32_t *numbers = notes_of(&feature_notes, (size_t)(n + 1) * sizeof *numbers);
    if (!numbers)
        return NULL;
    int32_t met = 0;
    int64_t state = 0;
    int is_damaged = 0;
    for (Py_ssize_t at = 0; at < text_count && !is_damaged; at++) {
        int64_t following = (int64_t)base[state] + text[at];
        while (!(is_damaged = following < 0 || following >= check_count) && check[following] != state && state) {
            state = fail[state];
            if ((is_damaged = state < 0 || state >= base_count))
                break;
            following = (int64_t)base[state] + text[at];
        }
        if (is_damaged)
            break;
        state = check[following] == state ? following : 0;
        if ((is_damaged = state >= base_count || outputs[state] >= n))
            break;
        int32_t feature = outputs[state];
        if (feature < 0)
            continue;
        if (!numbers[feature]) {
            features[met] = feature;
            counts[met] = 0;
            numbers[feature] = ++met;
        }
        counts[numbers[feature] - 1]++;
    }
    for (int32_t at = 0; at < met; at++)
        numbers[features[at]] = 0;
    if (is_damaged)
        return refused("a state beyond the automaton");
    return PyLong_FromLong(met);
}

PyDoc_STRVAR(be_plain_doc, "be_plain(on)\n\nWhether to compute as on any processor; for tests.");

static PyObject *be_plain(PyObject *self, PyObject *on)
{
    int is_on = PyObject_IsTrue(on);
    if (is_on < 0)
        return NULL;
#ifdef WIDE_X86
    is_wide_x86 = !is_on && has_wide_x86();
#endif
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"be_plain", be_plain, METH_O, be_plain_doc},
    {"highest", (PyCFunction)(void (*)(void))highest, METH_FASTCALL, highest_doc},
    {"nearest", (PyCFunction)(void (*)(void))nearest, METH_FASTCALL, nearest_doc},
    {"cosines", (PyCFunction)(void (*)(void))cosines, METH_FASTCALL, cosines_doc},
    {"means_of_runs", (PyCFunction)(void (*)(void))means_of_runs, METH_FASTCALL, means_of_runs_doc},
    {"best_of_runs", (PyCFunction)(void (*)(void))best_of_runs, METH_FASTCALL, best_of_runs_doc},
    {"weigh", (PyCFunction)(void (*)(void))weigh, METH_FASTCALL, weigh_doc},
    {"gathered_runs", (PyCFunction)(void (*)(void))gathered_runs, METH_FASTCALL, gathered_runs_doc},
    {"add_bm25", (PyCFunction)(void (*)(void))add_bm25, METH_FASTCALL, add_bm25_doc},
    {"count_features", (PyCFunction)(void (*)(void))count_features, METH_FASTCALL, count_features_doc},
    {"compare_tokens", (PyCFunction)(void (*)(void))compare_tokens, METH_FASTCALL, compare_tokens_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "app.native._kernels", "The inner loops of a search.", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__kernels(void)
{
#ifdef WIDE_X86
    is_wide_x86 = has_wide_x86();
#endif
    return PyModule_Create(&module);
}
