#include "supervisor.h"

#include <stdlib.h>
#include <string.h>

void strings_add(struct strings *list, char *item) {
    if (list->count + 1 >= list->room) {
        size_t room = list->room ? list->room * 2 : 16;
        char **items = realloc(list->items, room * sizeof *items);
        if (!items) abort();
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
    list->items[list->count] = NULL;
}

// Makes even an empty list end with a null pointer, as exec asks.
void strings_terminate(struct strings *list) {
    if (list->items) return;
    strings_add(list, NULL);
    list->count = 0;
}

static bool starts_with(const char *text, const char *prefix, char **rest) {
    size_t length = strlen(prefix);
    if (strncmp(text, prefix, length) != 0) return false;
    *rest = (char *)text + length;
    return true;
}

static bool parse_list(char *field, struct request *request) {
    struct {
        const char *key;
        struct strings *list;
    } lists[] = {
        {"arg=", &request->args},
        {"env=", &request->env},
        {"mask=", &request->masks},
        {"place-from=", &request->place_from},
        {"place-to=", &request->place_to},
        {"read-only=", &request->read_only},
        {"parameter=", &request->parameters},
        {"artifact=", &request->artifacts},
        {"archive=", &request->archive},
        {"cgroup=", &request->cgroups},
        {"cgroup-file=", &request->cgroup_files},
        {"cgroup-value=", &request->cgroup_values},
    };
    for (size_t index = 0; index < sizeof lists / sizeof *lists; index++) {
        char *value;
        if (!starts_with(field, lists[index].key, &value)) continue;
        strings_add(lists[index].list, value);
        return true;
    }
    return false;
}

// Reads a request in place: the fields point into `text`. Unknown fields are refused, because what they ask for would
// silently not be done.
bool request_parse(char *text, size_t length, struct request *request) {
    memset(request, 0, sizeof *request);
    request->grace = 30;
    request->user = request->group = -1;
    if (length == 0 || text[length - 1] != 0) return false;
    for (char *field = text; field < text + length; field += strlen(field) + 1) {
        char *value;
        if (parse_list(field, request)) continue;
        if (starts_with(field, "id=", &value)) request->id = value;
        else if (starts_with(field, "folder=", &value)) request->folder = value;
        else if (starts_with(field, "log=", &value)) request->log = value;
        else if (starts_with(field, "log-start=", &value)) request->log_start = atol(value);
        else if (starts_with(field, "cwd=", &value)) request->cwd = value;
        else if (starts_with(field, "hostname=", &value)) request->hostname = value;
        else if (starts_with(field, "oom-file=", &value)) request->oom_file = value;
        else if (starts_with(field, "isolation=", &value)) request->sandbox = strcmp(value, "sandbox") == 0;
        else if (starts_with(field, "user=", &value)) request->user = atol(value);
        else if (starts_with(field, "group=", &value)) request->group = atol(value);
        else if (starts_with(field, "deadline=", &value)) request->deadline = atol(value);
        else if (starts_with(field, "grace=", &value)) request->grace = atol(value);
        else return false;
    }
    strings_terminate(&request->args);
    strings_terminate(&request->env);
    return request->id && request->folder && request->log && request->args.count > 0
        && request->place_from.count == request->place_to.count
        && request->artifacts.count == request->archive.count
        && request->cgroup_files.count == request->cgroup_values.count;
}

void request_release(struct request *request) {
    struct strings *lists[] = {
        &request->args, &request->env, &request->masks, &request->place_from, &request->place_to, &request->read_only,
        &request->parameters, &request->artifacts, &request->archive, &request->cgroups, &request->cgroup_files, &request->cgroup_values,
    };
    for (size_t index = 0; index < sizeof lists / sizeof *lists; index++) free(lists[index]->items);
}
