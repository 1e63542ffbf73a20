# Add the chip's sources to the project that is open, ROM files named in full.
#
# Sources name them from their own folder, Vivado looks from where a run happens to be. So a source that names some is
# copied into the folder chip here, with full names, when the script runs: the build folder can be moved as a whole.
proc add_chip {} {
    upvar #0 given given
    file mkdir chip
    foreach path $given(sources) {
        set handle [open $path]
        set text [read $handle]
        close $handle
        if {[string first "\"rom/" $text] >= 0} {
            set root [file dirname [file normalize $path]]
            set path [file join chip [file tail $path]]
            set handle [open $path w]
            puts -nonewline $handle [string map [list "\"rom/" "\"$root/rom/"] $text]
            close $handle
        }
        add_files -norecurse $path
    }
}
