#pragma once
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>

// ICU's names are macros that add its version, which Swift does not see.

// NFKC and case folding of UTF-8 (bytes that are not UTF-8 become U+FFFD). Negative where it fails or a buffer is too small.
static inline int32_t sluice_icu_fold(
    const char *source, int32_t length, UChar *wide, int32_t wideCapacity, UChar *folded, int32_t foldedCapacity, char *target, int32_t capacity) {
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *normalizer = unorm2_getNFKCCasefoldInstance(&status);
    int32_t wideLength = 0, foldedLength = 0, targetLength = 0;
    u_strFromUTF8WithSub(wide, wideCapacity, &wideLength, source, length, 0xFFFD, 0, &status);
    foldedLength = unorm2_normalize(normalizer, wide, wideLength, folded, foldedCapacity, &status);
    u_strToUTF8WithSub(target, capacity, &targetLength, folded, foldedLength, 0xFFFD, 0, &status);
    return U_FAILURE(status) ? -1 : targetLength;
}

static inline int32_t sluice_icu_category(UChar32 scalar) { return u_charType(scalar); }

static inline int32_t sluice_icu_script(UChar32 scalar) {
    UErrorCode status = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(scalar, &status);
    return U_FAILURE(status) ? (int32_t)USCRIPT_UNKNOWN : (int32_t)script;
}

static inline UBreakIterator *sluice_icu_words_open(void) {
    UErrorCode status = U_ZERO_ERROR;
    UBreakIterator *iterator = ubrk_open(UBRK_WORD, "", 0, 0, &status);
    if (U_FAILURE(status)) { ubrk_close(iterator); return 0; }
    return iterator;
}

static inline void sluice_icu_words_close(UBreakIterator *iterator) { ubrk_close(iterator); }

// Where words of UTF-8 end, in bytes: at most `capacity` of them. Negative where it fails.
static inline int32_t sluice_icu_word_ends(UBreakIterator *iterator, const char *text, int32_t length, int32_t *ends, int32_t capacity) {
    UErrorCode status = U_ZERO_ERROR;
    UText *source = utext_openUTF8(0, text, length, &status);
    ubrk_setUText(iterator, source, &status);
    int32_t count = 0;
    if (U_SUCCESS(status)) {
        for (int32_t end = ubrk_first(iterator); count < capacity && (end = ubrk_next(iterator)) != UBRK_DONE;) ends[count++] = end;
    }
    utext_close(source);
    return U_FAILURE(status) ? -1 : count;
}
