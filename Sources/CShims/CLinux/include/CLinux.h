// The Linux system calls that Swift cannot make: one header and one C file per family.
#ifndef APUS_CLINUX_H
#define APUS_CLINUX_H

int apus_linux_available(void);

#endif
