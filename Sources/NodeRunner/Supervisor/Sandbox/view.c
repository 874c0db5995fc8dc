#define _GNU_SOURCE
#include "../supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// A sandboxed pod's view of the file system: a root of its own, made of one overlay for each folder of the host's root.
//
// One overlay of `/` would be simpler and is not allowed: in a user namespace the mounts below `/` are locked to it,
// and overlayfs refuses a lower folder that would show what they cover. A folder with no mount below it may be a lower
// folder, so each such folder gets an overlay, and one with mounts below is rebuilt from its children.
//
// `view/root` is the root and takes new files of `/` and `/tmp`; `view/upper` takes what is changed elsewhere. Overlays
// are `volatile`: a view is never mounted again, so nothing need be synced when it goes.

// A folder with mounts below it and more children than this is shown read-only instead.
#define APUS_VIEW_CHILDREN 256
#define APUS_VIEW_DEPTH 8

struct view {
    char *mounts;      // the host's mount points, each on a line of its own with a newline before
    unsigned overlays;
    bool trial;        // overlays of the root's own folders are enough
    char *error;
};

static bool is_mount_below(const struct view *view, const char *folder) {
    char prefix[APUS_PATH_BYTES];
    snprintf(prefix, sizeof prefix, "\n%s/", folder);
    return strstr(view->mounts, prefix) != NULL;
}

// The mount points of this mount namespace, from the fifth field of /proc/self/mountinfo.
static char *list_mounts(void) {
    FILE *table = fopen("/proc/self/mountinfo", "re");
    if (!table) return NULL;
    char *text = NULL, *line = NULL;
    size_t length = 0, room = 0;
    FILE *list = open_memstream(&text, &length);
    while (list && getline(&line, &room, table) > 0) {
        char point[APUS_PATH_BYTES];
        if (sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1) fprintf(list, "\n%s", point);
    }
    free(line);
    fclose(table);
    if (list) {
        fputc('\n', list);
        fclose(list);
    }
    return text;
}

static bool make_like(const char *source, const char *target) {
    struct stat info;
    if (lstat(source, &info) < 0) return false;
    if (mkdir(target, 0755) < 0 && errno != EEXIST) return false;
    (void)!chown(target, info.st_uid, info.st_gid);
    (void)chmod(target, info.st_mode & 07777);
    return true;
}

static bool set_read_only(const char *target) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    return syscall(SYS_mount_setattr, AT_FDCWD, target, AT_RECURSIVE, &attributes, sizeof attributes) == 0;
}

static bool bind_read_only(const char *source, const char *target) {
    if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0) return false;
    if (set_read_only(target)) return true;
    umount2(target, MNT_DETACH);
    return false;
}

static bool mount_overlay(struct view *view, const char *source, const char *target) {
    if (strpbrk(source, ":,\\")) return false;
    char upper[64], work[64], options[APUS_PATH_BYTES + 256];
    snprintf(upper, sizeof upper, "upper/%u", view->overlays);
    snprintf(work, sizeof work, "work/%u", view->overlays);
    if (!make_like(source, upper) || mkdir(work, 0700) < 0) return false;
    view->overlays++;
    snprintf(options, sizeof options, "userxattr,volatile,lowerdir=%s,upperdir=%s,workdir=%s", source, upper, work);
    return mount("overlay", target, "overlay", 0, options) == 0;
}

static bool is_empty(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) return true;
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(folder));) {
        found = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(folder);
    return !found;
}

static int count_children(const char *path) {
    DIR *folder = opendir(path);
    int count = 0;
    while (folder && readdir(folder)) count++;
    if (folder) closedir(folder);
    return count;
}

static bool show_children(struct view *view, const char *source, const char *target, int depth);

static void show_folder(struct view *view, const char *source, const char *target, int depth) {
    // What we may not read or what holds nothing is an empty folder of the same rights.
    if (!make_like(source, target) || is_empty(source)) return;
    if (!is_mount_below(view, source)) {
        if (mount_overlay(view, source, target)) return;
    } else if (!view->trial && depth < APUS_VIEW_DEPTH && count_children(source) <= APUS_VIEW_CHILDREN) {
        if (show_children(view, source, target, depth + 1)) return;
    }
    (void)bind_read_only(source, target);
}

static void show_link(const char *source, const char *target) {
    char text[APUS_PATH_BYTES];
    ssize_t length = readlink(source, text, sizeof text - 1);
    if (length <= 0) return;
    text[length] = 0;
    (void)!symlink(text, target);
}

static void show_file(const char *source, const char *target) {
    int fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0) close(fd);
    (void)bind_read_only(source, target);
}

static bool is_made_anew(const char *path) {
    return strcmp(path, "/dev") == 0 || strcmp(path, "/proc") == 0 || strcmp(path, "/sys") == 0
        || strcmp(path, "/tmp") == 0 || strcmp(path, "/lost+found") == 0;
}

static bool show_children(struct view *view, const char *source, const char *target, int depth) {
    DIR *folder = opendir(*source ? source : "/");
    if (!folder) return false;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char from[APUS_PATH_BYTES], to[APUS_PATH_BYTES];
        snprintf(from, sizeof from, "%s/%s", source, entry->d_name);
        snprintf(to, sizeof to, "%s/%s", target, entry->d_name);
        if (is_made_anew(from)) continue;
        struct stat info;
        if (lstat(from, &info) < 0) continue;
        if (S_ISDIR(info.st_mode)) show_folder(view, from, to, depth);
        else if (S_ISLNK(info.st_mode)) show_link(from, to);
        else if (S_ISREG(info.st_mode)) show_file(from, to);
    }
    closedir(folder);
    return true;
}

static void show_device(const char *name) {
    char from[64], to[64];
    snprintf(from, sizeof from, "/dev/%s", name);
    snprintf(to, sizeof to, "root/dev/%s", name);
    int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd >= 0) close(fd);
    (void)mount(from, to, NULL, MS_BIND, NULL);
}

static bool make_devices(void) {
    static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
    if (mkdir("root/dev", 0755) < 0 && errno != EEXIST) return false;
    if (mount("tmpfs", "root/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=65536k") < 0) return false;
    for (size_t index = 0; index < sizeof devices / sizeof *devices; index++) show_device(devices[index]);
    (void)!symlink("/proc/self/fd", "root/dev/fd");
    (void)!symlink("/proc/self/fd/0", "root/dev/stdin");
    (void)!symlink("/proc/self/fd/1", "root/dev/stdout");
    (void)!symlink("/proc/self/fd/2", "root/dev/stderr");
    (void)mkdir("root/dev/shm", 01777);
    (void)chmod("root/dev/shm", 01777);
    if (mkdir("root/dev/pts", 0755) == 0
        && mount("devpts", "root/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620") == 0
    ) {
        (void)!symlink("pts/ptmx", "root/dev/ptmx");
    }
    return true;
}

// Processes of the pod alone, and nothing of the kernel's settings to write to.
static bool make_proc(void) {
    static const char *const guarded[] = {"sys", "sysrq-trigger", "irq", "bus", "fs"};
    if (mkdir("root/proc", 0555) < 0 && errno != EEXIST) return false;
    if (mount("proc", "root/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) return false;
    for (size_t index = 0; index < sizeof guarded / sizeof *guarded; index++) {
        char path[64];
        snprintf(path, sizeof path, "root/proc/%s", guarded[index]);
        if (access(path, F_OK) == 0) (void)bind_read_only(path, path);
    }
    return true;
}

static bool is_listed(const struct strings *list, const char *text) {
    for (size_t index = 0; index < list->count; index++) {
        if (strcmp(list->items[index], text) == 0) return true;
    }
    return false;
}

static bool place(const struct request *request, char *error) {
    for (size_t index = 0; index < request->place_to.count; index++) {
        const char *to = request->place_to.items[index];
        char from[APUS_PATH_BYTES], parent[APUS_PATH_BYTES];
        snprintf(from, sizeof from, "/.host%s", request->place_from.items[index]);
        snprintf(parent, sizeof parent, "%s", to);
        char *slash = strrchr(parent, '/');
        if (slash) *slash = 0;
        struct stat info;
        int made = lstat(from, &info);
        if (made == 0 && parent[0]) made = make_folders(parent, 0755);
        if (made == 0 && S_ISLNK(info.st_mode)) {
            char text[APUS_PATH_BYTES];
            ssize_t length = readlink(from, text, sizeof text - 1);
            text[length > 0 ? length : 0] = 0;
            made = symlink(text, to);
        } else if (made == 0) {
            if (S_ISDIR(info.st_mode)) {
                made = mkdir(to, 0755) < 0 && errno != EEXIST ? -1 : 0;
            } else {
                int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
                made = fd < 0 ? -1 : close(fd);
            }
            if (made == 0) made = mount(from, to, NULL, MS_BIND, NULL);
            if (made == 0 && is_listed(&request->read_only, to)) made = set_read_only(to) ? 0 : -1;
        }
        if (made == 0) continue;
        fail(error, "%s cannot be placed in the pod: %s", to, strerror(errno));
        return false;
    }
    return true;
}

static bool change_root(const struct request *request, char *error) {
    if (mkdir("root/.host", 0700) < 0 || chdir("root") < 0 || syscall(SYS_pivot_root, ".", ".host") < 0
        || chdir("/") < 0) {
        fail(error, "the sandbox's root cannot be entered: %s", strerror(errno));
        return false;
    }
    if (!place(request, error)) return false;
    for (size_t index = 0; index < request->masks.count; index++) {
        const char *path = request->masks.items[index];
        if (access(path, F_OK) < 0) continue;
        unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
        if (mount("tmpfs", path, "tmpfs", flags, "mode=555,size=4k") == 0) continue;
        fail(error, "%s cannot be hidden from the pod: %s", path, strerror(errno));
        return false;
    }
    if (umount2("/.host", MNT_DETACH) < 0) {
        fail(error, "the host's root cannot be left: %s", strerror(errno));
        return false;
    }
    (void)rmdir("/.host");
    return true;
}

static bool make_folders_of_view(const char *folder) {
    char path[APUS_PATH_BYTES];
    snprintf(path, sizeof path, "%s/view", folder);
    if ((mkdir(path, 0700) < 0 && errno != EEXIST) || chdir(path) < 0) return false;
    return mkdir("root", 0755) == 0 && mkdir("upper", 0755) == 0 && mkdir("work", 0755) == 0;
}

// Builds the view and makes it this process's root. In namespaces of its own already.
bool view_enter(const struct request *request, char *error) {
    struct view view = {.mounts = list_mounts(), .trial = request->trial, .error = error};
    if (!view.mounts || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || !make_folders_of_view(request->folder)
        || mount("root", "root", NULL, MS_BIND | MS_REC, NULL) < 0) {
        fail(error, "the sandbox's root cannot be made: %s", strerror(errno));
        return false;
    }
    if (!show_children(&view, "", "root", 0) || view.overlays == 0) {
        fail(error, "the kernel does not allow overlays here: %s", strerror(errno));
        return false;
    }
    free(view.mounts);
    if (mkdir("root/tmp", 01777) < 0 || chmod("root/tmp", 01777) < 0 || !make_devices()) {
        fail(error, "the sandbox's /tmp and /dev cannot be made: %s", strerror(errno));
        return false;
    }
    if (!make_proc()) {
        fail(error, "the sandbox's /proc cannot be mounted: %s", strerror(errno));
        return false;
    }
    (void)mkdir("root/sys", 0555);
    (void)bind_read_only("/sys", "root/sys");
    return change_root(request, error);
}
