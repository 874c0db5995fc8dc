#define _GNU_SOURCE
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// How many supervisors are kept for the next pod: to make a process costs more than to watch over a short pod.
#define APUS_KEPT_SUPERVISORS 32

// The living supervisors, so that the runner can be told of one that died before it wrote its exit record.
struct supervisor {
    pid_t process;
    int lane;      // where one that is kept takes its next pod, or -1
    bool is_free;  // waits for a pod
    char *id;      // of its pod
};
static struct supervisor *living;
static size_t living_count, living_room, kept_count;
// Where supervisors that are kept say, by their pid, that they are free.
static int home[2];
static char packet[APUS_PACKET_BYTES + 1];

static void remember(pid_t process, int lane, const char *id) {
    if (living_count == living_room) {
        size_t room = living_room ? living_room * 2 : 64;
        void *grown = realloc(living, room * sizeof *living);
        if (!grown) return;
        living = grown;
        living_room = room;
    }
    living[living_count++] = (struct supervisor){.process = process, .lane = lane, .id = strdup(id)};
    if (lane >= 0) kept_count++;
}

// It ends once it has no pod.
static void let_go(struct supervisor *supervisor) {
    if (supervisor->lane < 0) return;
    close(supervisor->lane);
    supervisor->lane = -1;
    kept_count--;
}

static void noted_child_ended(int signal_number) { (void)signal_number; }

static void reap_supervisors(int socket_fd) {
    int status;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
        for (size_t index = 0; index < living_count; index++) {
            if (living[index].process != ended) continue;
            if (status != 0 && !living[index].is_free && living[index].id) {
                char message[APUS_PATH_BYTES];
                int size = snprintf(message, sizeof message, "died\n%s\n", living[index].id);
                send(socket_fd, message, (size_t)size, MSG_NOSIGNAL);
            }
            let_go(&living[index]);
            free(living[index].id);
            living[index] = living[--living_count];
            break;
        }
    }
}

static void note_free_supervisors(void) {
    pid_t processes[APUS_KEPT_SUPERVISORS];
    ssize_t got = read(home[0], processes, sizeof processes);
    for (ssize_t place = 0; place < got / (ssize_t)sizeof *processes; place++) {
        for (size_t index = 0; index < living_count; index++) {
            if (living[index].process == processes[place]) living[index].is_free = true;
        }
    }
}

// Gives a request to a supervisor that is free, where there is one.
static bool hand_over(const struct request *request, size_t length) {
    for (size_t index = living_count; index-- > 0;) {
        struct supervisor *supervisor = &living[index];
        if (!supervisor->is_free || supervisor->lane < 0) continue;
        if (send(supervisor->lane, packet, length, MSG_NOSIGNAL) == (ssize_t)length) {
            supervisor->is_free = false;
            free(supervisor->id);
            supervisor->id = strdup(request->id);
            return true;
        }
        let_go(supervisor);
    }
    return false;
}

// A signal that was meant for the pod before.
static void forget_signals(void) {
    sigset_t signals;
    struct timespec at_once = {0};
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    while (sigtimedwait(&signals, NULL, &at_once) > 0) {}
}

// A supervisor's life: one pod after another while it is kept, and it ends with the launcher.
static void supervise(struct request *request, int socket_fd, int lane) {
    pid_t self = getpid();
    for (;;) {
        pod_run(request, socket_fd);
        request_release(request);
        if (lane < 0 || write(home[1], &self, sizeof self) != sizeof self) return;
        ssize_t length = recv(lane, packet, APUS_PACKET_BYTES, 0);
        if (length <= 0) return;
        packet[length] = 0;
        if (!request_parse(packet, (size_t)length, request)) return;
        forget_signals();
    }
}

static char *read_file(const char *path, size_t *length) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    struct stat info;
    char *text = NULL;
    if (fstat(fd, &info) == 0 && info.st_size > 0 && info.st_size <= APUS_REQUEST_BYTES) {
        text = malloc((size_t)info.st_size);
        *length = (size_t)info.st_size;
        size_t have = 0;
        while (text && have < *length) {
            ssize_t got = read(fd, text + have, *length - have);
            if (got <= 0) {
                free(text);
                text = NULL;
                break;
            }
            have += (size_t)got;
        }
    }
    close(fd);
    return text;
}

// A packet that is too small for its request names a file instead.
static char *unfold(char *packet, size_t *length) {
    if (packet[0] != '@') return packet;
    char *text = read_file(packet + 1, length);
    unlink(packet + 1);
    return text;
}

// Whether a supervisor is afterwards as it was before.
static bool is_plain(const struct request *request) {
    return !request->sandbox && request->parameters.count + request->artifacts.count == 0;
}

static void start_supervisor(struct request *request, int socket_fd) {
    int lane[2] = {-1, -1};
    if (is_plain(request) && kept_count < APUS_KEPT_SUPERVISORS) {
        (void)socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lane);
    }
    pid_t child = fork();
    if (child == 0) {
        // Held by the launcher alone, so that its end is seen.
        for (size_t index = 0; index < living_count; index++) let_go(&living[index]);
        if (lane[0] >= 0) close(lane[0]);
        supervise(request, socket_fd, lane[1]);
        _exit(0);
    }
    int cause = errno;
    if (lane[1] >= 0) close(lane[1]);
    if (child > 0) {
        remember(child, lane[0], request->id);
        return;
    }
    if (lane[0] >= 0) close(lane[0]);
    char message[APUS_PATH_BYTES];
    int size = snprintf(
        message, sizeof message, "refused\n%s\nno process could be made: %s", request->id, strerror(cause));
    send(socket_fd, message, (size_t)size, MSG_NOSIGNAL);
}

static void launch(int socket_fd, size_t length) {
    struct request request;
    char *text = unfold(packet, &length);
    if (text && request_parse(text, length, &request)) {
        bool is_handed_over = text == packet && is_plain(&request) && hand_over(&request, length);
        if (!is_handed_over) start_supervisor(&request, socket_fd);
        request_release(&request);
    }
    if (text != packet) free(text);
}

int launcher_run(int socket_fd) {
    struct sigaction noted = {.sa_handler = noted_child_ended, .sa_flags = SA_NOCLDSTOP};
    sigset_t blocked, open_mask;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &open_mask);
    sigdelset(&open_mask, SIGCHLD);
    sigaddset(&open_mask, SIGTERM);
    sigaction(SIGCHLD, &noted, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    setsid();
    umask(022);
    // Reads the time zone's file, which every supervisor would read again.
    tzset();
    if (pipe2(home, O_CLOEXEC) < 0) return 1;
    struct pollfd polled[] = {{.fd = socket_fd, .events = POLLIN}, {.fd = home[0], .events = POLLIN}};
    for (;;) {
        int ready = ppoll(polled, 2, NULL, &open_mask);
        reap_supervisors(socket_fd);
        if (ready <= 0) continue;
        if (polled[1].revents) note_free_supervisors();
        if (!polled[0].revents) continue;
        ssize_t length = recv(socket_fd, packet, APUS_PACKET_BYTES, 0);
        if (length < 0 && errno == EINTR) continue;
        // The runner has gone. Its pods stay.
        if (length <= 0) return 0;
        packet[length] = 0;
        launch(socket_fd, (size_t)length);
    }
}
