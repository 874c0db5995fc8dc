#define _GNU_SOURCE
#include "supervisor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count == 3 && strcmp(arguments[1], "probe") == 0) return probe_run(arguments[2]);
    if (count == 2 && strcmp(arguments[1], "launcher") == 0) {
        int runner = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
        int nothing = open("/dev/null", O_RDWR);
        if (runner < 0 || nothing < 0) return 1;
        dup2(nothing, STDIN_FILENO);
        close(nothing);
        return launcher_run(runner);
    }
    fprintf(stderr, "apus-supervisor watches over pods; the runner starts it\n");
    return 2;
}
