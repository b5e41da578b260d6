firmware_board(st/nucleo-g0b1re FLAGS -mcpu=cortex-m0plus -mthumb INTERRUPTS 32 SERIAL_INTERRUPT 28)
