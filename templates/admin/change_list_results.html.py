BBBB BBBB BBBBB
BB BBBBBBB
  XXXX XXXXXXXXXXXXXXXX
    XXXXXX XXXXXXXXXXXXXXXXX
      XXXXXXX
        XXXX
          BBB BBBBBB BB BBBBBBBBBBBBBB
            XXX XXXXXXXXXXXX
              BB BBBBBBBBBBBBBBB
                XX XXXXXXXXFFFFFFFFXXXX
                BB BBBBBBBBBBBBB
                  XXXXX XXXXXXXXXXXXXXX
                    BB BBBBBBBBBBBBBBBB gettext(u'ascending') BBBB gettext(u'descending') BBBBB
                  XXXXXXX
                BBBBB
              BBBB
                FFFFFFFF
              BBBBB
            XXXXX
          BBBBBB
        XXXXX
      XXXXXXXX
      XXXXXXX
        BBB BBBBBB BB BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB
          XXXX
            BBB BBBB BB BBBBBBBBBBBB
          XXXXX
        BBBBBB
      XXXXXXXX
    XXXXXXXX
  XXXXXX
BBBB
  XX XXXXXXXXXXXXX gettext(u'Nothing here.') XXXX
BBBBB
