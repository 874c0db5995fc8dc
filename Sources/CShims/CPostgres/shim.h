#include <libpq-fe.h>
// Wakes the thread that waits for libpq's sockets; Swift's Glibc does not have it.
#include <sys/eventfd.h>
