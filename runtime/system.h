// What the runtime takes from the operating system.
#pragma once

// Without POSIX (Windows, WebAssembly) no file is mapped and no thread started: models are opened from memory and run
// on the application's threads. EFFNET_NO_POSIX leaves it out where it is there.
#if (defined(__unix__) || defined(__APPLE__)) && !defined(EFFNET_NO_POSIX)
#define EFFNET_POSIX 1
#else
#define EFFNET_POSIX 0
#endif
