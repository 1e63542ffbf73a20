/* The chip from C, without an operating system: identity, then samples through the window of its registers.
 *
 * For a chip whose way in is "registers". Beside this file lie firstspike.h, the register map (`python -m
 * firstspike_board.header`), and samples.h, which says of the network and its samples:
 *
 *   SAMPLE_DIGEST   the first 32 bits of the spec's digest        SAMPLE_BEATS    words of a sample
 *   SAMPLE_COUNT    samples in it                                 SAMPLE_CLASSES  classes of the network
 *   static const uint32_t SAMPLES[SAMPLE_COUNT][SAMPLE_BEATS]     as spec/packets.py packs them
 *
 * No call waits for ever: LOOKS is how often a register is looked at before it is given up.
 */
#include <stdint.h>
#include <stdio.h>

#include "firstspike.h"
#include "samples.h"

#define LOOKS 1000000u

#ifdef FIRSTSPIKE_MOCK /* a test's own bus */
uint32_t bus_read(uintptr_t address);
void bus_write(uintptr_t address, uint32_t word);
#else
static uint32_t bus_read(uintptr_t address) { return *(volatile uint32_t *)address; }
static void bus_write(uintptr_t address, uint32_t word) { *(volatile uint32_t *)address = word; }
#endif

static uint32_t get(uint32_t reg) { return bus_read(FIRSTSPIKE_ADDRESS + reg); }
static void put(uint32_t reg, uint32_t word) { bus_write(FIRSTSPIKE_ADDRESS + reg, word); }
static uint32_t field(uint32_t word, uint32_t mask, uint32_t lsb) { return (word & mask) >> lsb; }

/* 0 where the chip is the one that the samples are for. */
static int identify(void) {
    if (get(FIRSTSPIKE_MAGIC) != FIRSTSPIKE_MAGIC_WORD || get(FIRSTSPIKE_VERSION) != FIRSTSPIKE_MAP_VERSION) {
        printf("no firstspike chip with this register map: MAGIC %08x\n", (unsigned)get(FIRSTSPIKE_MAGIC));
        return 1;
    }
    if (get(FIRSTSPIKE_DIGEST) != SAMPLE_DIGEST) {
        printf("a chip of another network: digest %08x, expected %08x\n", (unsigned)get(FIRSTSPIKE_DIGEST),
               (unsigned)SAMPLE_DIGEST);
        return 1;
    }
    put(FIRSTSPIKE_CONTROL, 1u << FIRSTSPIKE_CONTROL_SOFT_RESET_LSB);
    return 0;
}

/* 0 when a field of WINDOW_STATUS is at least `count`; 1 where that does not come, 2 where a beat was lost. */
static int wait_for(uint32_t mask, uint32_t lsb, uint32_t count) {
    for (uint32_t look = 0; look < LOOKS; ++look) {
        const uint32_t status = get(FIRSTSPIKE_WINDOW_STATUS);
        if (status & FIRSTSPIKE_WINDOW_STATUS_LOST_MASK) return 2;
        if (field(status, mask, lsb) >= count) return 0;
    }
    return 1;
}

/* A sample in; its logits and, behind them, its class out. 0 if all went well. */
static int classify(const uint32_t beats[SAMPLE_BEATS], int32_t result[SAMPLE_CLASSES + 1]) {
    int wrong;
    for (uint32_t beat = 0; beat < SAMPLE_BEATS; ++beat) {
        wrong = wait_for(FIRSTSPIKE_WINDOW_STATUS_ROOM_MASK, FIRSTSPIKE_WINDOW_STATUS_ROOM_LSB, 1);
        if (wrong) return wrong;
        put(beat + 1 == SAMPLE_BEATS ? FIRSTSPIKE_WINDOW_LAST : FIRSTSPIKE_WINDOW_IN, beats[beat]);
    }
    wrong = wait_for(FIRSTSPIKE_WINDOW_STATUS_WAITING_MASK, FIRSTSPIKE_WINDOW_STATUS_WAITING_LSB, SAMPLE_CLASSES + 1);
    if (wrong) return wrong;
    for (uint32_t beat = 0; beat <= SAMPLE_CLASSES; ++beat) {
        const uint32_t last = get(FIRSTSPIKE_WINDOW_STATUS) & FIRSTSPIKE_WINDOW_STATUS_LAST_MASK;
        if ((last != 0) != (beat == SAMPLE_CLASSES)) return 3; /* the result does not end where it should */
        result[beat] = (int32_t)get(FIRSTSPIKE_WINDOW_OUT);
    }
    return get(FIRSTSPIKE_STATUS) & FIRSTSPIKE_STATUS_INCOMPLETE_MASK ? 4 : 0;
}

int main(void) {
    int32_t result[SAMPLE_CLASSES + 1];
    if (identify()) return 1;
    for (uint32_t sample = 0; sample < SAMPLE_COUNT; ++sample) {
        const int wrong = classify(SAMPLES[sample], result);
        if (wrong) {
            printf("sample %u: error %d\n", (unsigned)sample, wrong);
            return 1;
        }
        printf("%d:", (int)result[SAMPLE_CLASSES]);
        for (uint32_t beat = 0; beat < SAMPLE_CLASSES; ++beat) printf(" %d", (int)result[beat]);
        printf(", %u cycles\n", (unsigned)get(FIRSTSPIKE_LATENCY));
    }
    return 0;
}
