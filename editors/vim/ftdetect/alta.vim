autocmd BufRead,BufNewFile *.alta setfiletype alta
