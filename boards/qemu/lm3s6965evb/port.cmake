firmware_board(qemu/lm3s6965evb FLAGS -mcpu=cortex-m3 -mthumb INTERRUPTS 44 SERIAL_INTERRUPT 5)
