/* The bus of the bare-metal example: simboard's server behind descriptors 3 (to it) and 4 (from it). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "firstspike.h"

static void ask(const void *request, size_t size, void *answer, size_t wanted) {
    if (write(3, request, size) != (ssize_t)size) exit(9);
    for (size_t got = 0; got < wanted;) {
        const ssize_t part = read(4, (char *)answer + got, wanted - got);
        if (part <= 0) exit(9);
        got += (size_t)part;
    }
}

static uint32_t offset(uintptr_t address) {
    if (address < FIRSTSPIKE_ADDRESS || address >= FIRSTSPIKE_ADDRESS + 0x400) exit(8);
    return (uint32_t)(address - FIRSTSPIKE_ADDRESS);
}

uint32_t bus_read(uintptr_t address) {
    const uint32_t place = offset(address);
    char request[5] = "R";
    uint32_t answer[2];
    memcpy(request + 1, &place, 4);
    ask(request, sizeof request, answer, sizeof answer);
    return answer[0];
}

void bus_write(uintptr_t address, uint32_t word) {
    const uint32_t fields[3] = {offset(address), word, 15};
    char request[13] = "W";
    uint32_t answer;
    memcpy(request + 1, fields, sizeof fields);
    ask(request, sizeof request, &answer, sizeof answer);
}
