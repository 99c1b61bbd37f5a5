/* The locks of the programs, where they are not those of Windows. */
#ifndef TESTS_VIRTUAL_LOCK_H
#define TESTS_VIRTUAL_LOCK_H

/* How often any lock was taken. */
unsigned long lock_taken(void);

/* No lock is taken from now on: races must be found. To be called before there are threads. */
void lock_disable(void);

#endif
