#include "CLinux.h"

int apus_linux_available(void) { return 1; }
