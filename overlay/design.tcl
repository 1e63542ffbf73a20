# The system around the chip, as a block design: processing system, AXI DMA, chip.
#
#   memory <- HP0 <- memory_bus <- dma -> s_axis -> chip -> m_axis -> dma
#   ps GP0 -> control_bus -> dma's and chip's registers
#
# One clock, the processing system's first; one reset, in step with it. No interrupts: the driver looks at registers.
# `given` is an array that settings.tcl sets (overlay/vivado.py): name, family (zynq or zynqmp), clock_mhz, top,
# chip_address, chip_span, dma_address, dma_span, dma_length_bits.

# Pins, interfaces and addresses of the two processing systems, by family.
array set ps_of_zynq {
    vlnv xilinx.com:ip:processing_system7:5.5
    clock FCLK_CLK0 reset FCLK_RESET0_N clocked {M_AXI_GP0_ACLK S_AXI_HP0_ACLK}
    control M_AXI_GP0 memory S_AXI_HP0 segment S_AXI_HP0/HP0_DDR_LOWOCM memory_span 512M
}
array set ps_of_zynqmp {
    vlnv xilinx.com:ip:zynq_ultra_ps_e
    clock pl_clk0 reset pl_resetn0 clocked {maxihpm0_fpd_aclk saxihp0_fpd_aclk}
    control M_AXI_HPM0_FPD memory S_AXI_HP0_FPD segment SAXIGP2/HP0_DDR_LOW memory_span 2G
}

proc ps_settings {family mhz} {
    if {$family eq "zynq"} {
        return [list CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ $mhz CONFIG.PCW_USE_M_AXI_GP0 1 CONFIG.PCW_USE_S_AXI_HP0 1 \
            CONFIG.PCW_S_AXI_HP0_DATA_WIDTH 64]
    }
    return [list CONFIG.PSU__FPGA_PL0_ENABLE 1 CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ $mhz \
        CONFIG.PSU__USE__M_AXI_GP0 1 CONFIG.PSU__USE__M_AXI_GP1 0 CONFIG.PSU__USE__M_AXI_GP2 0 \
        CONFIG.PSU__MAXIGP0__DATA_WIDTH 32 CONFIG.PSU__USE__S_AXI_GP2 1 CONFIG.PSU__SAXIGP2__DATA_WIDTH 64]
}

# Interface pins, then pins, of a cell: `join_interfaces a b` for pairs, `wire source sinks` for nets.
proc join_interfaces {from to} {
    connect_bd_intf_net [get_bd_intf_pins $from] [get_bd_intf_pins $to]
}

proc wire {source sinks} {
    foreach sink $sinks {
        connect_bd_net [get_bd_pins $source] [get_bd_pins $sink]
    }
}

proc make_design {} {
    upvar #0 given given
    upvar #0 ps_of_$given(family) system
    create_bd_design $given(name)

    set ps [create_bd_cell -type ip -vlnv $system(vlnv) ps]
    set_property -dict [ps_settings $given(family) $given(clock_mhz)] $ps
    if {$given(family) eq "zynq"} {
        # The board's memory and pins: what is behind them was set up when it started, from its SD card.
        foreach {port vlnv} {DDR xilinx.com:interface:ddrx_rtl:1.0
                             FIXED_IO xilinx.com:display_processing_system7:fixedio_rtl:1.0} {
            create_bd_intf_port -mode Master -vlnv $vlnv $port
            connect_bd_intf_net [get_bd_intf_ports $port] [get_bd_intf_pins ps/$port]
        }
    }
    set reset [create_bd_cell -type ip -vlnv xilinx.com:ip:proc_sys_reset:5.0 reset]
    set dma [create_bd_cell -type ip -vlnv xilinx.com:ip:axi_dma:7.1 dma]
    set_property -dict [list CONFIG.c_include_sg 0 CONFIG.c_sg_include_stscntrl_strm 0 \
        CONFIG.c_sg_length_width $given(dma_length_bits) CONFIG.c_include_mm2s 1 CONFIG.c_include_s2mm 1 \
        CONFIG.c_m_axi_mm2s_data_width 32 CONFIG.c_m_axis_mm2s_tdata_width 32 \
        CONFIG.c_m_axi_s2mm_data_width 32 CONFIG.c_mm2s_burst_size 16 CONFIG.c_s2mm_burst_size 16] $dma
    set control [create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect:1.0 control_bus]
    set_property -dict [list CONFIG.NUM_SI 1 CONFIG.NUM_MI 2] $control
    set memory [create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect:1.0 memory_bus]
    set_property -dict [list CONFIG.NUM_SI 2 CONFIG.NUM_MI 1] $memory
    create_bd_cell -type module -reference $given(top) chip

    wire ps/$system(clock) [concat {reset/slowest_sync_clk control_bus/aclk memory_bus/aclk chip/ap_clk
        dma/s_axi_lite_aclk dma/m_axi_mm2s_aclk dma/m_axi_s2mm_aclk} \
        [lmap pin $system(clocked) {string cat ps/ $pin}]]
    wire ps/$system(reset) reset/ext_reset_in
    wire reset/peripheral_aresetn {control_bus/aresetn memory_bus/aresetn dma/axi_resetn chip/ap_rst_n}

    join_interfaces ps/$system(control) control_bus/S00_AXI
    join_interfaces control_bus/M00_AXI chip/s_axi
    join_interfaces control_bus/M01_AXI dma/S_AXI_LITE
    join_interfaces dma/M_AXI_MM2S memory_bus/S00_AXI
    join_interfaces dma/M_AXI_S2MM memory_bus/S01_AXI
    join_interfaces memory_bus/M00_AXI ps/$system(memory)
    join_interfaces dma/M_AXIS_MM2S chip/s_axis
    join_interfaces chip/m_axis dma/S_AXIS_S2MM

    place ps/Data chip/s_axi/reg0 $given(chip_address) $given(chip_span)
    place ps/Data dma/S_AXI_LITE/Reg $given(dma_address) $given(dma_span)
    foreach space {dma/Data_MM2S dma/Data_S2MM} {
        place $space ps/$system(segment) 0x00000000 $system(memory_span)
    }
    validate_bd_design
    save_bd_design
}

proc place {space segment address span} {
    assign_bd_address -offset $address -range $span -target_address_space [get_bd_addr_spaces $space] \
        [get_bd_addr_segs $segment] -force
}
