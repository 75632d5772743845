#!/bin/bash
# End what slurm-up.sh FOLDER started, by the process ids that it kept, and take its configuration away.
set -uo pipefail
folder=$(realpath "$1")
if [[ $(readlink /etc/slurm/slurm.conf) == "$folder/slurm.conf" ]]; then
  scancel --user="$(id -un)"
fi
pids=()
for file in "$folder"/run/{slurmd,slurmctld,munged}.pid; do
  [[ -s $file ]] && pids+=("$(<"$file")")
done
for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
for pid in "${pids[@]}"; do
  for _ in $(seq 50); do [[ -d /proc/$pid ]] || break; sleep 0.2; done
done
if [[ $(readlink /etc/slurm/slurm.conf) == "$folder/slurm.conf" ]]; then rm /etc/slurm/slurm.conf; fi
exit 0
