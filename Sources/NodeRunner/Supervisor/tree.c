#include "supervisor.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// Recursion ends here: a process tree deeper than this is killed over several rounds.
#define APUS_TREE_DEPTH 512

static int kill_below(pid_t process, int signal_number, int depth) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *threads = opendir(path);
    if (!threads) return 0;
    int found = 0;
    for (struct dirent *thread; (thread = readdir(threads));) {
        if (thread->d_name[0] == '.') continue;
        char children_path[APUS_MESSAGE_BYTES];
        snprintf(children_path, sizeof children_path, "/proc/%d/task/%s/children", process, thread->d_name);
        FILE *children = fopen(children_path, "re");
        if (!children) continue;
        int child;
        while (fscanf(children, "%d", &child) == 1) {
            found++;
            // Parents first: a stopped parent makes no new children while we walk down.
            kill(child, signal_number == SIGKILL ? SIGSTOP : signal_number);
            if (depth < APUS_TREE_DEPTH) found += kill_below(child, signal_number, depth + 1);
            if (signal_number == SIGKILL) kill(child, SIGKILL);
        }
        fclose(children);
    }
    closedir(threads);
    return found;
}

// Signals every process below this one and answers how many there were. As we are the subreaper, whatever a command
// left behind, however often it forked, is below us.
int kill_descendants(int signal_number) {
    return kill_below(getpid(), signal_number, 0);
}
