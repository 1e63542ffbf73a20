# Parts, IP and buses that overlay/*.tcl names: pins, interfaces, parameters with the values they take, addresses.
#
# From the product guides: PG021 (AXI DMA), PG164 (Processor System Reset), PG247 (SmartConnect), PG082 and UG585
# (Zynq-7000), PG201 and UG1085 (Zynq UltraScale+). A pin is {kind way ?optional?}, an interface
# {mode vlnv clock ?optional?}, a space {master interface, {lowest, highest address}}, a segment {slave interface}.
# `only`: pins and interfaces that are there with a parameter alone. Conditions on parameters see $value.

set parts {xc7z020clg400-1 xczu3eg-sfvc784-2-e}

set aximm xilinx.com:interface:aximm_rtl:1.0
set axis xilinx.com:interface:axis_rtl:1.0
set bit {$value in {0 1}}
set mhz {$value >= 1 && $value <= 250}

set ip [dict create \
    xilinx.com:ip:processing_system7:5.5 [dict create \
        pins {FCLK_CLK0 {clock output} FCLK_RESET0_N {reset output} M_AXI_GP0_ACLK {clock input}
              S_AXI_HP0_ACLK {clock input}} \
        interfaces [subst {M_AXI_GP0 {Master $aximm M_AXI_GP0_ACLK} S_AXI_HP0 {Slave $aximm S_AXI_HP0_ACLK}
              DDR {Master xilinx.com:interface:ddrx_rtl:1.0 {}}
              FIXED_IO {Master xilinx.com:display_processing_system7:fixedio_rtl:1.0 {}}}] \
        parameters [list PCW_FPGA0_PERIPHERAL_FREQMHZ $mhz PCW_USE_M_AXI_GP0 $bit PCW_USE_S_AXI_HP0 $bit \
              PCW_S_AXI_HP0_DATA_WIDTH {$value in {32 64}}] \
        spaces {Data {M_AXI_GP0 {0x40000000 0x7fffffff}}} \
        segments {S_AXI_HP0/HP0_DDR_LOWOCM {S_AXI_HP0}} \
        only {M_AXI_GP0* PCW_USE_M_AXI_GP0 S_AXI_HP0* PCW_USE_S_AXI_HP0}] \
    xilinx.com:ip:zynq_ultra_ps_e:3.5 [dict create \
        pins {pl_clk0 {clock output} pl_resetn0 {reset output} maxihpm0_fpd_aclk {clock input}
              maxihpm1_fpd_aclk {clock input} maxihpm0_lpd_aclk {clock input} saxihp0_fpd_aclk {clock input}} \
        interfaces [subst {M_AXI_HPM0_FPD {Master $aximm maxihpm0_fpd_aclk}
              M_AXI_HPM1_FPD {Master $aximm maxihpm1_fpd_aclk} M_AXI_HPM0_LPD {Master $aximm maxihpm0_lpd_aclk}
              S_AXI_HP0_FPD {Slave $aximm saxihp0_fpd_aclk}}] \
        parameters [list PSU__FPGA_PL0_ENABLE $bit PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ $mhz PSU__USE__M_AXI_GP0 $bit \
              PSU__USE__M_AXI_GP1 $bit PSU__USE__M_AXI_GP2 $bit PSU__MAXIGP0__DATA_WIDTH {$value in {32 64 128}} \
              PSU__USE__S_AXI_GP2 $bit PSU__SAXIGP2__DATA_WIDTH {$value in {32 64 128}}] \
        spaces {Data {M_AXI_HPM0_FPD {0xa0000000 0xafffffff}}} \
        segments {SAXIGP2/HP0_DDR_LOW {S_AXI_HP0_FPD}} \
        only {M_AXI_HPM0_FPD PSU__USE__M_AXI_GP0 maxihpm0_fpd_aclk PSU__USE__M_AXI_GP0
              M_AXI_HPM1_FPD PSU__USE__M_AXI_GP1 maxihpm1_fpd_aclk PSU__USE__M_AXI_GP1
              M_AXI_HPM0_LPD PSU__USE__M_AXI_GP2 maxihpm0_lpd_aclk PSU__USE__M_AXI_GP2
              S_AXI_HP0_FPD PSU__USE__S_AXI_GP2 saxihp0_fpd_aclk PSU__USE__S_AXI_GP2}] \
    xilinx.com:ip:proc_sys_reset:5.0 [dict create \
        pins {slowest_sync_clk {clock input} ext_reset_in {reset input} aux_reset_in {reset input optional}
              mb_debug_sys_rst {reset input optional} dcm_locked {data input optional} mb_reset {reset output}
              bus_struct_reset {reset output} peripheral_reset {reset output} interconnect_aresetn {reset output}
              peripheral_aresetn {reset output}} \
        interfaces {} parameters [list C_EXT_RESET_HIGH $bit] spaces {} segments {}] \
    xilinx.com:ip:smartconnect:1.0 [dict create \
        pins {aclk {clock input} aresetn {reset input}} interfaces {} \
        parameters {NUM_SI {$value >= 1 && $value <= 16} NUM_MI {$value >= 1 && $value <= 64}} \
        spaces {} segments {} grow 1] \
    xilinx.com:ip:axi_dma:7.1 [dict create \
        pins {s_axi_lite_aclk {clock input} m_axi_mm2s_aclk {clock input} m_axi_s2mm_aclk {clock input}
              axi_resetn {reset input} mm2s_introut {interrupt output} s2mm_introut {interrupt output}} \
        interfaces [subst {S_AXI_LITE {Slave $aximm s_axi_lite_aclk} M_AXI_MM2S {Master $aximm m_axi_mm2s_aclk}
              M_AXI_S2MM {Master $aximm m_axi_s2mm_aclk} M_AXIS_MM2S {Master $axis m_axi_mm2s_aclk}
              S_AXIS_S2MM {Slave $axis m_axi_s2mm_aclk}}] \
        parameters [list c_include_sg $bit c_sg_include_stscntrl_strm $bit c_include_mm2s $bit c_include_s2mm $bit \
              c_sg_length_width {$value >= 8 && $value <= 26} c_m_axi_mm2s_data_width {$value in {32 64 128 256 512 1024}} \
              c_m_axi_s2mm_data_width {$value in {32 64 128 256 512 1024}} \
              c_m_axis_mm2s_tdata_width {$value in {8 16 32 64 128 256 512 1024}} \
              c_mm2s_burst_size {$value in {2 4 8 16 32 64 128 256}} c_s2mm_burst_size {$value in {2 4 8 16 32 64 128 256}}] \
        spaces {Data_MM2S {M_AXI_MM2S {0 0xffffffff}} Data_S2MM {M_AXI_S2MM {0 0xffffffff}}} \
        segments {S_AXI_LITE/Reg {S_AXI_LITE}}]]

# Which end drives a signal; those that a slave or master may leave out.
set bus_signals [dict create \
    $axis {TDATA master TVALID master TREADY slave TLAST master TKEEP master TSTRB master} \
    $aximm {AWADDR master AWPROT master AWVALID master AWREADY slave WDATA master WSTRB master WVALID master
            WREADY slave BRESP slave BVALID slave BREADY master ARADDR master ARPROT master ARVALID master
            ARREADY slave RDATA slave RRESP slave RVALID slave RREADY master}]
set may_miss {AWPROT ARPROT TKEEP TSTRB}
