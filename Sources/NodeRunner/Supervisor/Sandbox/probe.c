#define _GNU_SOURCE
#include "../supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

// Tries a sandbox in the folder and says on standard output why one cannot be had: nothing where it can.
int probe_run(const char *folder) {
    struct request request = {.id = "probe", .folder = folder, .sandbox = true, .trial = true, .cwd = "/"};
    char *command = "/bin/true";
    char *path = "PATH=/usr/bin:/bin";
    strings_add(&request.args, command);
    strings_add(&request.env, path);
    struct outcome *outcome = mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (outcome == MAP_FAILED || nothing < 0) return 1;
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    log_begin(open("/dev/null", O_RDWR | O_CLOEXEC));
    pid_t child = sandbox_start(&request, nothing, dup(nothing), -1, outcome);
    if (child > 0) waitpid(child, NULL, 0);
    if (outcome->was_started) return 0;
    printf("%s\n", outcome->error[0] ? outcome->error : "the sandbox's first process died");
    return 1;
}
