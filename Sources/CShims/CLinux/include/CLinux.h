// The Linux system calls that Swift cannot make: one header and one C file per family.
#ifndef APUS_CLINUX_H
#define APUS_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Starts `path launcher` with a packet socket as its descriptor 0 and nothing else of ours open.
/// Answers its pid, the socket's other end and a pid descriptor, or -1 with `errno`.
pid_t apus_start_launcher(const char *path, int *socket_fd, int *process_fd);

/// Runs a program with `/dev/null` as its input, its output going to `output_fd` (-1: nowhere) and its errors to
/// `error_fd`. `environment` and `arguments` end with a null pointer. Answers its pid, or -1 with `errno`.
pid_t apus_spawn(
    const char *path, char *const arguments[], char *const environment[], int output_fd, int error_fd);

/// A pipe that no other program inherits.
int apus_pipe(int ends[2]);

/// Waits for a child of ours: 0 and more is its exit code (128 + n for signal n), -1 an error.
int apus_wait(pid_t process);

/// A descriptor that becomes readable when the process has ended.
int apus_process_open(pid_t process);

/// Sends SIGTERM with the pod that is meant and a grace period in seconds, as the supervisor understands it.
int apus_process_stop(int process_fd, int grace_seconds, const char *pod);

int apus_process_kill(int process_fd);

/// The pid of the process that holds a record lock on the file. 0: nobody does. -1: it cannot be told, see `errno`.
pid_t apus_lock_holder(int file);

/// An inotify descriptor that reports changes of a file or of what is in a folder, or -1.
int apus_watch_file(const char *path);

/// Reads away what an inotify descriptor has reported.
void apus_drain(int fd);

/// Takes an exclusive lock on a file, made if need be, for as long as the answered descriptor is open.
/// -1 with `errno`: EWOULDBLOCK where another process holds it.
int apus_lock_file(const char *path);

// Gives the lock back, though a process that is just being started may have the file open too.
void apus_unlock_file(int fd);

/// Marks a folder as one whose folders have nothing to do with each other, so that ext4 puts them into different places.
/// Other file systems take no such hint.
void apus_spread_folders(const char *path);

// About how many bytes of this machine's memory the process keeps that no allocation uses.
long apus_idle_memory(void);

// Gives what the allocator keeps and nothing uses back to the machine.
void apus_release_idle_memory(void);

#endif
